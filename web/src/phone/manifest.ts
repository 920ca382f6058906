/**
 * Draft -> manifest, and back for a part that was returned. Pure: no clock, no storage.
 */
import { itemResults, ownerSigns, perItem } from './check'
import { answerKey, filledRows, shownQuestions } from './form'
import type { Answer, Delivered, Draft, Manifest, Receipt, Visit } from './types'

export const emptyAnswer = (): Answer => ({ value: '', comment: '', photos: [] })

/** A new draft for a visit; `id` is the submission's UUID, kept until the receipt. */
export function newDraft(visit: Visit, id: string, at: string): Draft {
  return {
    visitId: visit.id, submissionId: id, number: visit.number, targetName: visit.target.name,
    answers: {}, photos: [], results: [], resultDetail: '', measures: [], note: '',
    owner: { mode: 'signed', name: '', digest: '', reason: '' }, signatures: {}, savedAt: at,
  }
}

/** A returned part starts from what was delivered, but signatures are given anew: they belong to the old words. */
export function draftFromDelivered(visit: Visit, last: Delivered, id: string, at: string): Draft {
  const draft = newDraft(visit, id, at)
  for (const { task_item_id, question_id, value, comment, photos } of last.manifest.answers) {
    const said = typeof value === 'string' ? { value } : { value: '', rows: value.map((row) => ({ ...row })) }
    draft.answers[answerKey(task_item_id, question_id)] = { ...said, comment: comment ?? '', photos: [...photos] }
  }
  const { photos, recordings = [], results, item_results = [], result_detail, measures, note, off_list } = last.manifest
  const items = Object.fromEntries(item_results.map((one) => [one.task_item_id, [...one.results]]))
  return { ...draft, itemResults: items, photos: [...photos], recordings: [...recordings], results: [...results], resultDetail: result_detail, measures: [...measures], note, ...(off_list ? { offList: off_list.map((one) => ({ ...one })) } : {}) }
}

/** The fixed record to send. Only questions that the visit's own forms show go in, in the forms' order. */
export function manifestOf(visit: Visit, draft: Draft, ua: string): Manifest {
  const answers: Manifest['answers'] = []
  for (const item of visit.items) {
    for (const question of shownQuestions(item, draft)) {
      const answer = draft.answers[answerKey(item.task_item_id, question.id)]
      const rows = filledRows(answer)
      if (!answer || (!answer.value && !rows.length && !answer.comment && !answer.photos.length)) continue
      const comment = answer.comment.trim()
      answers.push({
        task_item_id: item.task_item_id, question_id: question.id, value: question.kind === 'table' ? rows : answer.value.trim(),
        ...(comment ? { comment } : {}), photos: [...answer.photos],
      })
    }
  }
  return {
    submission_id: draft.submissionId, answers, photos: [...draft.photos], recordings: [...(draft.recordings ?? [])], results: [...draft.results],
    result_detail: draft.resultDetail.trim(), measures: [...draft.measures], note: draft.note.trim(),
    ...(perItem(visit, draft) ? { item_results: visit.items.map((item) => ({ task_item_id: item.task_item_id, results: itemResults(visit, draft, item) })) } : {}),
    ...(draft.added?.length ? { added_items: draft.added.map((item) => item.added!) } : {}),
    ...(draft.offList?.length ? { off_list: draft.offList.map((one) => ({ ...one })) } : {}),
    owner_signature: ownerSigns(visit) ? ownerOf(draft) : null,
    inspector_signatures: Object.entries(draft.signatures).map(([staff_no, digest]) => ({ staff_no, digest })),
    device: { ua: ua.slice(0, 512), saved_at: draft.savedAt },
  }
}

function ownerOf(draft: Draft): Manifest['owner_signature'] {
  const { mode, name, digest, reason } = draft.owner
  return mode === 'signed' ? { kind: 'signed', name: name.trim(), digest } : { kind: 'refused', reason: reason.trim() }
}

/** Every file the manifest names, each once, in order of appearance. */
export function manifestDigests(manifest: Manifest): string[] {
  const owner = manifest.owner_signature
  return [...new Set([
    ...manifest.answers.flatMap((answer) => answer.photos),
    ...manifest.photos, ...(manifest.recordings ?? []),
    ...(owner?.kind === 'signed' ? [owner.digest] : []),
    ...manifest.inspector_signatures.map((signature) => signature.digest),
  ])]
}

/** Every file the draft still uses: what is not here any more may be dropped from the phone. */
export function draftDigests(draft: Draft): Set<string> {
  return new Set([
    ...Object.values(draft.answers).flatMap((answer) => answer.photos),
    ...draft.photos, ...(draft.recordings ?? []), draft.owner.digest, ...Object.values(draft.signatures),
  ])
}

/** Only this is success: a receipt for our submission that names every one of our files. */
export function isReceiptFor(manifest: Manifest, value: unknown): value is Receipt {
  const receipt = value as Partial<Receipt> | null
  if (!receipt || typeof receipt !== 'object' || !Array.isArray(receipt.evidence)) return false
  const named = new Set(receipt.evidence)
  return (
    receipt.submission_id === manifest.submission_id &&
    typeof receipt.received_at === 'string' &&
    typeof receipt.manifest_digest === 'string' && receipt.manifest_digest !== '' &&
    manifestDigests(manifest).every((digest) => named.has(digest))
  )
}
