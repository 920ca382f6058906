/** The departments, for pickers and their own page. */
import { shallowRef } from 'vue'
import { get, post } from '@/shared/api'

export interface Department { id: string; code: string; name: string; aliases: string[]; is_office: boolean; inspectors: number }

export const fetchDepartments = () => get<{ rows: Department[] }>('/api/console/departments')
export const addDepartment = (name: string, aliases: string[]) => post<unknown>('/api/console/departments', { name, aliases })
export const nameDepartment = (id: string, name: string, aliases: string[]) => post<unknown>(`/api/console/departments/${id}`, { name, aliases })

/** Read once a page's life: every picker on it shows the same list. */
export const departments = shallowRef<Department[]>([])
export async function loadDepartments(): Promise<void> {
  departments.value = (await fetchDepartments()).rows
}
