/** Who is signed in, as GET /api/me says it. */
export interface Me {
  member_id: string
  userid: string
  name: string
  department: { id: string; code: string; name: string } | null
  roles: string[]
  office_name: string
  /** The office's clock (ISO-8601 with zone); in a demo it may run ahead of this phone's. */
  now: string
  demo: boolean
}
