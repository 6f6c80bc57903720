export const CONFORM_USAGE = `Usage: lotus-p2p conform <address> [options]
       lotus-p2p conform --listen <port> [options]

Dials a peer of any implementation, as a careful and as a hostile peer, and says which clauses of the wire protocol it keeps.

  <address>                   ws://… or wss://… of the peer; with --peer, of a relay at which it can be called
  --listen <port>             listens here, and tests the peer that dials, again after each end
  --relay                     with --listen: the peer that dials has the tester as its relay, and is called through it
  --profile <profile>         relay, peer, dht-node or router (relay)
  --peer <lp1…>               calls this peer through the relay at the address
  --network <name>            the network (lotus)
  --only <clause>             checks this clause alone, such as H-12, or a section, such as H; again for more
  --timeout <ms>              how long an answer may take (3000)
  --work <bits>               the most proof of work to do for each identity (20)
  --verbose                   clauses too that nobody can see from outside, and why
  --json                      one JSON object for each clause, a line each

Exits with 1 where a clause is broken. The tester uses a new identity for each connection, and breaks every rule: a peer on
the open internet may ban the address that it comes from for a while. Loopback is never banned by the SDK.
`
