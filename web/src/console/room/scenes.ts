/**
 * The scenes of a draw on the wall, and when each may be shown. Pure.
 *
 *   pool -> print -> values -> seed -> names (page by page) -> check
 *
 * A scene that needs the draw is not reached before it: the wall never runs ahead of what has happened.
 */
import type { Wall } from '../api/room'

export type SceneName = 'pool' | 'print' | 'values' | 'seed' | 'names' | 'check'

export interface Scene {
  name: SceneName
  page: number
}

/** Groups on one page of the wall: fifteen lines, as many as can be read from the last row of chairs; a name has two. */
export function rowsOf(wall: Wall): number {
  const teams = (wall.outcome?.rows ?? []).reduce((most, row) => Math.max(most, row.teams.length), 2)
  return Math.max(1, Math.floor(15 / teams))
}

/** Milliseconds that a scene stands when the wall runs by itself: a small draw takes a minute. */
const STAY: Record<SceneName, number> = { pool: 8000, print: 9000, values: 8000, seed: 9000, names: 6000, check: 60_000 }

export function scenesOf(wall: Wall): Scene[] {
  const before: Scene[] = [{ name: 'pool', page: 0 }, { name: 'print', page: 0 }, { name: 'values', page: 0 }]
  if (!wall.outcome) return before
  const pages = Math.max(1, Math.ceil(wall.outcome.rows.length / rowsOf(wall)))
  const names = Array.from({ length: pages }, (_, page): Scene => ({ name: 'names', page }))
  return [...before, { name: 'seed', page: 0 }, ...names, { name: 'check', page: 0 }]
}

/** How long a scene stands: many pages of names share half a minute, none less than two seconds. */
export function stayOf(scene: Scene, scenes: Scene[]): number {
  if (scene.name !== 'names') return STAY[scene.name]
  const pages = scenes.filter((one) => one.name === 'names').length
  return Math.max(2000, Math.min(STAY.names, 30_000 / pages))
}

/** The next or previous place, within what there is. */
export const step = (at: number, by: number, scenes: Scene[]) => Math.max(0, Math.min(scenes.length - 1, at + by))

/** 64 hex digits in groups of eight, to be read aloud and compared. */
export const inEights = (hex: string): string[] => hex.match(/.{1,8}/g) ?? []

/** What stands in a reel while it still rolls: the digits settle from the left, one after the other. */
export function rolling(final: string, settled: number, tick: number): string {
  const digits = '0123456789abcdef'
  return [...final].map((mark, place) => (place < settled ? mark : digits[(tick * 7 + place * 5) % 16])).join('')
}
