/** Who is signed in, for every component. */
import { computed, shallowRef } from 'vue'
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
