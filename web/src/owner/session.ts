/**
 * Who holds this page. The mini-program opens it with a code of wx.login after "#": used once, never in a server's log.
 *
 *   #code=C ─> POST /api/owner/login ─> cookie ─> address without the code ─> GET /api/owner/me
 */
import { reactive } from 'vue'
import { get, isSignedOut, post, sentence } from '@/shared/api'
import type { OwnerMe } from './types'

export const session = reactive({ me: null as OwnerMe | null, trouble: '', outside: false })

export async function begin(): Promise<void> {
  const code = new URLSearchParams(location.hash.slice(1)).get('code')
  if (location.hash) history.replaceState(history.state, '', location.pathname + location.search)
  try {
    if (code) await post('/api/owner/login', { js_code: code })
    await refresh()
  } catch (error) {
    session.outside = isSignedOut(error)
    session.trouble = session.outside ? '' : sentence(error)
  }
}

export async function refresh(): Promise<void> {
  session.me = await get<OwnerMe>('/api/owner/me')
}
