/**
 * Items met on the spot beside those of the visit: added from the list in force with a reason, or, on no list, noted.
 *
 *   list opened with network ─> keepListed ─> on the phone ─> added to the draft without network ─> sealed with it
 *   a colleague's additions come with the visit; the same item added on two phones has one id (`addedId`)
 */
import { get } from '@/shared/api'
import { sha256 } from './digest'
import type { Store } from './drafts'
import type { Draft, Item, ListedItem, Visit } from './types'

const KEPT_MS = 12 * 3600_000

/** As `inspection.other_items.added_id`. */
export async function addedId(visitId: string, itemId: string): Promise<string> {
  return (await sha256(new TextEncoder().encode(`${visitId}/${itemId}`).buffer as ArrayBuffer)).slice(0, 32)
}

/** What the department may inspect is on the phone before it is needed; silent, the next time will do. */
export async function keepListed(store: Store): Promise<ListedItem[]> {
  const kept = await store.listed()
  if (kept && Date.now() - Date.parse(kept.at) < KEPT_MS) return kept.rows
  try {
    const { items } = await get<{ items: ListedItem[] }>('/api/phone/listed-items')
    await store.putListed(items)
    return items
  } catch {
    return kept?.rows ?? []
  }
}

/** The visit as this phone fills it: what the backend knows, and what was added here and is not there yet. */
export function withAdded(visit: Visit, draft: Draft): Visit {
  const known = new Set(visit.items.map((item) => item.task_item_id))
  return { ...visit, items: [...visit.items, ...(draft.added ?? []).filter((item) => !known.has(item.task_item_id))] }
}

/** Add a listed item to the draft; gives it as the forms show it. */
export async function addItem(draft: Draft, { item_id, name, basis, form }: ListedItem, reason: string): Promise<Item> {
  const item: Item = { task_item_id: await addedId(draft.visitId, item_id), name, basis, form, added: { item_id, reason: reason.trim() } }
  draft.added = [...(draft.added ?? []).filter((one) => one.task_item_id !== item.task_item_id), item]
  return item
}
