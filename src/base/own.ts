/**
 * Gives an object a member of its own under any key. An assignment would fail under names that objects inherit, such as `constructor`, where
 * prototypes are frozen, as in hardened JavaScript.
 */
export function setOwn<T>(object: Record<string, T>, key: string, value: T): void {
  if (key in object) Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  else object[key] = value
}
