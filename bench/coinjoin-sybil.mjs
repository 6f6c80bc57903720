// How many honest members a round of CoinJoin has, by the attacker's share of the entries in a pool: the table in docs/coinjoin.md.
//
//   node bench/coinjoin-sybil.mjs [rounds of each cell, 20000]
//
// Each entry but ours is the attacker's with a probability of its share. The drawn order is random. Whoever proposes is the first in it. An
// attacker that proposes leaves out as many honest entries as the members let it: of the entries that count, the lowest 50 in the order, three
// quarters must be in the list. Then it may leave out its own as well, if that were any use. Honest proposers name all that count.
const ROUNDS = Number(process.argv[2] ?? 20_000)
const MAX_MEMBERS = 50
const SHARES = [0.1, 0.25, 0.5, 0.75, 0.9]
const POOLS = [5, 10, 25, 50, 200]
const FEW = 3

/** Mulberry32: the table repeats. */
let state = 20_260_101
function unit() {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

/** @returns honest members of one round, ours among them. @param isFirst the attacker has ground keys until one of them is first. */
function honestIn(pool, share, isFirst) {
  const others = Array.from({ length: pool - 1 }, () => unit() < share)
  // Our place in the order is as random as any; where we do not count, we look at another round.
  const counting = Math.min(pool, MAX_MEMBERS)
  const inRound = others.slice(0, counting - 1)
  const honest = 1 + inRound.filter((isHostile) => !isHostile).length
  const hostile = counting - honest
  const isHostileFirst = isFirst ? hostile > 0 : unit() < hostile / counting
  return isHostileFirst ? Math.max(1, honest - Math.floor(counting / 4)) : honest
}

function cell(pool, share, isFirst) {
  let few = 0
  for (let round = 0; round < ROUNDS; round++) if (honestIn(pool, share, isFirst) < FEW) few++
  const percent = (100 * few) / ROUNDS
  return percent === 0 ? '0' : percent < 0.1 ? '< 0.1 %' : `${percent.toFixed(1)} %`
}

for (const isFirst of [false, true]) {
  console.log(isFirst ? '\nThe attacker is always the first to propose:\n' : 'The order is drawn:\n')
  console.log(`| entries in the pool | ${SHARES.map((share) => `${100 * share} %`).join(' | ')} |`)
  console.log(`|---|${SHARES.map(() => '---:').join('|')}|`)
  for (const pool of POOLS) console.log(`| ${pool} | ${SHARES.map((share) => cell(pool, share, isFirst)).join(' | ')} |`)
}
