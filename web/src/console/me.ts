/** Who is signed in, for every component. */
import { computed, shallowRef } from 'vue'
import { momentText } from '@/shared/dates'
import type { Me } from '@/shared/me'
import { fetchMe, type Role } from './api/session'

export const me = shallowRef<Me | null>(null)
export const roles = computed<Role[]>(() => (me.value?.roles ?? []) as Role[])

export async function loadMe(): Promise<void> {
  me.value = await fetchMe()
}

/** Tell whether the signed-in person holds one of these posts. */
export function holds(wanted: readonly Role[]): boolean {
  return wanted.some((role) => roles.value.includes(role))
}

/** The office's day, "2026-03-02": of its clock in China, wherever the browser stands and whatever its clock says. */
export const officeDay = (): string => me.value?.now.slice(0, 10) ?? momentText(new Date().toISOString()).slice(0, 10)
