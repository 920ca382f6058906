/**
 * What the phone keeps, one IndexedDB database per member (a borrowed phone shows nobody else's drafts).
 *
 *   visits, lists   what the backend said last, for reading without network
 *   drafts          everything typed, one per visit           ┐ deleted together, and only
 *   evidence        photos and signatures by their SHA-256    ├ when the receipt is stored
 *   sending         manifests on their way                    ┘ (one transaction)
 *   delivered       receipts
 */
import { type DBSchema, type IDBPDatabase, type StoreNames, openDB } from 'idb'
import { manifestDigests } from './manifest'
import type { Delivered, Draft, Evidence, ListedItem, Receipt, Sending, Visit, VisitRow } from './types'

interface Kept<Row> { key: string; rows: Row[]; at: string }

interface Schema extends DBSchema {
  visits: { key: string; value: { id: string; visit: Visit; at: string } }
  lists: { key: string; value: { key: string; rows: VisitRow[] | ListedItem[]; at: string } }
  drafts: { key: string; value: Draft }
  evidence: { key: [string, string]; value: Evidence; indexes: { visitId: string } }
  sending: { key: string; value: Sending }
  delivered: { key: string; value: Delivered }
}

/** The phone has no room left; nothing saved before is touched. */
export class DiskFull extends Error {
  constructor() {
    super('手机存储空间已满，刚才的内容没有保存。请清理空间后重试；之前保存的都还在')
    this.name = 'DiskFull'
  }
}

export type Store = Awaited<ReturnType<typeof openStore>>

/** Open (and on first use make) the member's own database. Throws what IndexedDB throws when storage is forbidden. */
export async function openStore(member: string) {
  const db = await openDB<Schema>(`suicha-phone-${member}`, 1, {
    upgrade(fresh) {
      fresh.createObjectStore('visits', { keyPath: 'id' })
      fresh.createObjectStore('lists', { keyPath: 'key' })
      fresh.createObjectStore('drafts', { keyPath: 'visitId' })
      fresh.createObjectStore('evidence', { keyPath: ['visitId', 'digest'] }).createIndex('visitId', 'visitId')
      fresh.createObjectStore('sending', { keyPath: 'visitId' })
      fresh.createObjectStore('delivered', { keyPath: 'visitId' })
    },
  })
  return { member, ...reading(db), ...typing(db), ...delivering(db), close: () => db.close() }
}

function reading(db: IDBPDatabase<Schema>) {
  return {
    putList: (rows: VisitRow[]) => keep(db, 'lists', { key: 'mine', rows, at: now() }),
    list: () => db.get('lists', 'mine') as Promise<Kept<VisitRow> | undefined>,
    putListed: (rows: ListedItem[]) => keep(db, 'lists', { key: 'items', rows, at: now() }),
    listed: () => db.get('lists', 'items') as Promise<Kept<ListedItem> | undefined>,
    putVisit: (visit: Visit) => keep(db, 'visits', { id: visit.id, visit, at: now() }),
    visit: (id: string) => db.get('visits', id),
  }
}

function typing(db: IDBPDatabase<Schema>) {
  return {
    putDraft: (draft: Draft) => keep(db, 'drafts', draft),
    draft: (visitId: string) => db.get('drafts', visitId),
    drafts: () => db.getAll('drafts'),
    addEvidence: (piece: Evidence) => keep(db, 'evidence', piece),
    evidence: (visitId: string, digest: string) => db.get('evidence', [visitId, digest]),
    dropEvidence: (visitId: string, digest: string) => db.delete('evidence', [visitId, digest]),
  }
}

function delivering(db: IDBPDatabase<Schema>) {
  return {
    putSending: (row: Sending) => keep(db, 'sending', row),
    sending: (visitId: string) => db.get('sending', visitId),
    allSending: () => db.getAll('sending'),
    /** Take a submission back to editing. Never called once it may have arrived. */
    withdraw: (visitId: string) => db.delete('sending', visitId),
    delivered: (visitId: string) => db.get('delivered', visitId),
    allDelivered: () => db.getAll('delivered'),
    finish: (row: Sending, receipt: Receipt) => finish(db, row, receipt),
  }
}

/** Keep the receipt and only then let go of the draft: all or nothing. */
async function finish(db: IDBPDatabase<Schema>, row: Sending, receipt: Receipt): Promise<void> {
  const work = db.transaction(['delivered', 'drafts', 'sending', 'evidence'], 'readwrite', STRICT)
  const steps: Promise<unknown>[] = [
    work.objectStore('delivered').put({ visitId: row.visitId, receipt, manifest: row.manifest }),
    work.objectStore('drafts').delete(row.visitId),
    work.objectStore('sending').delete(row.visitId),
    ...manifestDigests(row.manifest).map((digest) => work.objectStore('evidence').delete([row.visitId, digest])),
    work.done,
  ]
  await Promise.all(steps).catch((error: unknown) => {
    throw plainly(error)
  })
}

/** One write that is on the disk, not only in the system's cache, when it returns: a phone may lose power. */
async function keep<Name extends StoreNames<Schema>>(db: IDBPDatabase<Schema>, name: Name, value: Schema[Name]['value']): Promise<void> {
  try {
    const work = db.transaction(name, 'readwrite', STRICT)
    await Promise.all([work.store.put(value), work.done])
  } catch (error) {
    throw plainly(error)
  }
}

const STRICT = { durability: 'strict' } as const
const plainly = (error: unknown): unknown => ((error as { name?: string } | null)?.name === 'QuotaExceededError' ? new DiskFull() : error)
const now = () => new Date().toISOString()
