import { P2PError, type P2PErrorCode } from '../base/errors.js'

/** A validator as https://standardschema.dev describes them: those of valibot, zod and arktype are. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a schema takes. */
export type InputOf<S extends StandardSchema> = NonNullable<S['~standard']['types']>['input']
/** What a schema makes of it. */
export type OutputOf<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output']

/**
 * The value as the schema gives it back.
 *
 * @param what the value is, for the error.
 * @throws P2PError with this code; `details.issues` has what the schema says.
 */
export async function checkedBy<S extends StandardSchema>(
  schema: S,
  value: unknown,
  what: string,
  code: P2PErrorCode,
): Promise<OutputOf<S>> {
  const result = await schema['~standard'].validate(value)
  if (result.issues === undefined) return result.value as OutputOf<S>
  const issues = result.issues.map(({ message, path = [] }) => {
    const at = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
    return at === '' ? message : `${at}: ${message}`
  })
  throw new P2PError(code, `${what} is not as its schema has it: ${issues.join('; ').slice(0, 256)}`, { details: { issues } })
}
