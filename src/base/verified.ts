/** A private member: no object literal has it, and a copy by spread loses it. */
declare class Mark {
  private readonly verified: true
}

/**
 * What its verifier has checked: a signature, or that we have just signed it ourselves. Whatever is kept, served or passed on for others
 * is of such a type, and only the verifiers that test/defence/verified.test.ts lists cast to one.
 */
export type Verified<T> = T & Mark
