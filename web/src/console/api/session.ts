/** Who is signed in, and the demo's clock. */
import { get, post } from '@/shared/api'
import type { Me } from '@/shared/me'

export type Role = 'inspector' | 'coordinator' | 'approver' | 'observer' | 'admin' | 'liaison'

export interface DemoPlaces {
  sandbox_url: string
  console_url: string
  public_url: string
}

export const fetchMe = () => get<Me>('/api/me')
export const signOut = () => post<unknown>('/api/auth/logout')
export const moveClock = (days: number) => post<{ now: string }>('/api/demo/clock', { days })
export const fetchPlaces = () => get<DemoPlaces>('/api/demo/where')
