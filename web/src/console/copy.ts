/** A copy that may be changed without changing the original: JSON data, which tables hand out as proxies that no structured clone takes. */
export const copyOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
