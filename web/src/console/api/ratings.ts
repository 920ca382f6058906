/** What enterprises thought of visits: figures by department; nobody's name, and no single rating. */
import { get } from '@/shared/api'

export interface DepartmentRating {
  department: string
  count: number
  /** Null while there are so few that a single one would show through. */
  mean: number | null
  comments: string[]
}

export const fetchRatings = () => get<{ ratings: DepartmentRating[]; at_least: number }>('/api/console/ratings')
