/** Who is signed in, for every component. */
import { computed, shallowRef } from 'vue'
import { officeDay as dayInChina } from '@/shared/dates'
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

/** The office's day, "2026-03-02", or one so many days later: of its clock in China, wherever the browser stands. */
export const officeDay = (later = 0): string => dayInChina(new Date(Date.parse(me.value?.now ?? new Date().toISOString()) + later * 86_400_000))
