import type { Unsubscribe } from '../base/events.js'
import { Serial } from '../base/serial.js'
import type { WaitOptions } from '../base/wait.js'
import { needsPlugin } from '../core/plugins.js'
import type { AnnounceResult } from '../plugins/dht/client/dht-types.js'
import type { DiscoverOptions, ResourceConditions, ResourceCriteria } from '../plugins/discovery/filters.js'
import type { AnnounceResourceOptions, ResourceAnnouncement } from '../plugins/discovery/resources.js'
import type { ResourceListener } from '../plugins/discovery/watch-resources.js'
import { checkedBy, type InputOf, type OutputOf, type StandardSchema } from './standard-schema.js'

/** What a typed resource needs of a coordinator. */
export interface ResourceWallet {
  announceResource(type: string, id: string, data: unknown, options?: AnnounceResourceOptions): Promise<AnnounceResult>
  withdrawResource(type: string, id: string, options?: WaitOptions): Promise<AnnounceResult>
  discoverResources(type: string, conditions?: object, options?: DiscoverOptions): Promise<ResourceAnnouncement[]>
  getResource(
    type: string,
    id: string,
    options?: WaitOptions & { creatorPeerId?: string | undefined },
  ): Promise<ResourceAnnouncement | null>
  watchResources?(type: string, conditions: object, listener: ResourceListener, options?: ResourceCriteria): Unsubscribe
}

/** Announces and finds resources of one type. What others announce in another form is left out. */
export interface TypedResourceClient<S extends StandardSchema> {
  /** @throws P2PError INVALID_RESOURCE for data that its schema refuses; as `P2PCoordinator.announceResource`. */
  announce(id: string, data: InputOf<S>, options?: AnnounceResourceOptions): Promise<AnnounceResult>
  withdraw(id: string, options?: WaitOptions): Promise<AnnounceResult>
  discover(conditions?: ResourceConditions<OutputOf<S>>, options?: DiscoverOptions): Promise<ResourceAnnouncement<OutputOf<S>>[]>
  get(
    id: string,
    options?: WaitOptions & { creatorPeerId?: string | undefined },
  ): Promise<ResourceAnnouncement<OutputOf<S>> | null>
  /** @throws P2PError as `P2PCoordinator.watchResources`; INVALID_CONFIG in a coordinator without the plugin `resourceWatch()`. */
  watch(
    conditions: ResourceConditions<OutputOf<S>>,
    listener: ResourceListener<OutputOf<S>>,
    options?: ResourceCriteria,
  ): Unsubscribe
}

/** A resource type whose data have a schema; for `wallet.for`. */
export interface TypedResource<S extends StandardSchema> {
  readonly type: string
  client(wallet: ResourceWallet): TypedResourceClient<S>
}

/**
 * Describes the data of a resource type by a schema. Any validator of Standard Schema does.
 *
 * @example
 * const sessions = defineResource({ type: 'session', data: sessionSchema })
 * await wallet.for(sessions).announce('s1', { coin: 'XPI', amount: 5n })
 * const open = await wallet.for(sessions).discover({ coin: 'XPI' })
 */
export function defineResource<S extends StandardSchema>({ type, data: schema }: { type: string; data: S }): TypedResource<S> {
  const check = (data: unknown) => checkedBy(schema, data, `The resource of type ${type}`, 'INVALID_RESOURCE')
  type Found = ResourceAnnouncement<OutputOf<S>>
  const checked = async (resource: ResourceAnnouncement): Promise<Found | undefined> =>
    check(resource.data).then(
      (data) => ({ ...resource, data }),
      () => undefined,
    )
  return {
    type,
    client: (wallet) => ({
      async announce(id, data, options) {
        await check(data)
        return wallet.announceResource(type, id, data, options)
      },
      withdraw: (id, options) => wallet.withdrawResource(type, id, options),
      async discover(conditions, options) {
        const found = await Promise.all((await wallet.discoverResources(type, conditions, options)).map(checked))
        return found.filter((resource) => resource !== undefined)
      },
      async get(id, options) {
        const found = await wallet.getResource(type, id, options)
        return (found && (await checked(found))) ?? null
      },
      watch(conditions, listener, options) {
        // A schema may take its time: changes are told in their order all the same.
        const order = new Serial()
        let isOver = false
        if (wallet.watchResources === undefined) throw needsPlugin('watch', 'resourceWatch')
        const stop = wallet.watchResources(
          type,
          conditions,
          (resource, change) =>
            order.run(async () => {
              const found = await checked(resource)
              if (found !== undefined && !isOver) await listener(found, change)
            }) as unknown as undefined,
          options,
        )
        return () => {
          isOver = true
          stop()
        }
      },
    }),
  }
}
