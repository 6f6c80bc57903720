/** Why a row of the report misses its target, by its measure and its field. Processor time is that of both ends for one message. */
export const CAUSES = {
  'one-way.perSecond':
    'What `ws` leaves out: a message is decoded, held against the budgets of its sender, looked for among the last ids, numbered, and kept until it is acknowledged. The profile has no peak: of the receiver the look among ids takes 15 %, the socket’s write 12 %, the payload’s own memory 9 %; of the sender a sixth is garbage collection.',
  'one-way-16k.perSecond':
    'Memory of long frames. Node’s cipher gives its ciphertext in an array of its own, without room for the tag, so each frame is copied once more; V8 counts such arrays as grown heap and collects some twenty times a second.',
  'echo-awake.p50Us':
    'The write: of 230 µs of processor that each end takes for one echo on this machine, 70 go to the system call that writes the answer and wakes the other process, 39 to Node’s cipher, which makes an object for each frame, and the rest has no peak: no function of ours has more than 1 %. What was tried is below.',
  'echo-awake.cpuUs': 'As above: system calls and Node’s cipher are half of it, and both are the same for each message.',
  'dial.p50Ms':
    'Each end works for five milliseconds, and the profile has no peak: the socket’s writes take a seventh, garbage collection up to an eighth, public-key cryptography half a millisecond; no function beside them has more than 2 %.',
  'idle.marginalKb':
    'Pages that V8 has freed and keeps: the three rounds gave 69, 42 and 31 kB, while the heap of a connection was 23 kB and its memory outside of it below 1 kB in each.',
  'dht-gets.perSecond':
    'The machine: the reader checks a signature for each record on one core. The same build made 2,530 gets/s on the Xeon of the last whole run.',
  'dht.perSecond':
    'All thirty servers share one core, which a get keeps busy for 3.2 ms. No profile was taken since the last change.',
  'circuit.perSecond':
    'Three processes share two cores: the relay takes from both ends what it needs. On the Xeon of the last whole run it was 0.76.',
  'circuit-16k.perSecond':
    'Three processes share two cores, and each frame is encrypted three times in place of once. A message takes 620 µs of all three, beside 135 directly, and in their profiles 30 to 50 % of that is garbage collection of long frames: at the relay every one of them was a full one.',
  'tabs.perSecond': 'The cipher inside the data channel is computed in JavaScript, on top of DTLS.',
  'tabs-16k.perSecond': 'The cipher inside the data channel is computed in JavaScript, on top of DTLS.',
  'topic.p99Ms':
    'All processes together work 284 µs for a delivery, two thirds of it to check the signature: a thousand deliveries keep two cores busy for 142 ms, and the last of them comes at their end. On the Xeon of the last whole run p99 was 200 ms.',
  'topic.perSecond': 'Each subscriber checks the publisher’s signature, which is two thirds of what a delivery takes.',
}

/**
 * What was tried: where, what, its figures before and after, and what became of it. Interleaved runs of both, Node 24.21, two cores that other
 * programs used as well; processor time of all ends for one message, where nothing else is said.
 */
export const TRIED = [
  ['256 B one way', 'short bodies that wait for their acknowledgement share memory', '14.7 → 12.3 µs', 'kept'],
  ['256 B one way', 'clocks read once for each frame, a frame accounted as one', '12.3 → 11.4 µs', 'kept'],
  ['256 B one way', 'ids remembered in two generations, not in a map that evicts', '0.70 → 0.75 µs an id', 'dropped'],
  ['16 kB by circuit', 'an encoder’s buffer that does not grow at each frame', '709 → 623 µs', 'kept'],
  ['16 kB one way', 'the same, at the sender', '85 → 71 µs', 'kept'],
  ['16 kB one way', 'ciphertext in memory that is not cleared first, at the sender', '71 → 80 µs', 'dropped'],
  ['16 kB by circuit', 'ciphertext freed at once by `transfer`', '748 → 681 µs, within the spread', 'dropped'],
  ['Echo', 'WebSocket header and frame in one buffer, not in two chunks', '0.9 of 85 µs', 'dropped'],
  ['Echo', 'ChaCha20-Poly1305 in JavaScript up to 320 bytes', '5.7 → 6.2 µs to seal, 4.0 → 6.0 to open', 'dropped'],
  ['Handshake', 'HMAC with a key object: of bytes Node makes exceptions', '16.7 → 4.5 µs, twelve times', 'kept'],
  ['Handshake', 'X25519 keys imported without stack traces', '35 → 8.5 µs, thrice', 'kept'],
  ['Handshake', 'X25519 keys exported raw, not as DER', '44 → 2 µs', 'kept'],
  ['Dial', 'all of these, p50', '7.9 → 6.7 ms', 'kept'],
  ['Topics, DHT', 'public keys of signatures stay imported', '147 → 108 µs a check', 'kept'],
  ['Topics', 'the same, a delivery', '260 → 217 µs', 'kept'],
  ['Idle connection', 'callbacks of a carrier as methods', '23.8 → 23.6 kB of heap', 'kept'],
  [
    'Idle connection',
    'callbacks of a path as methods, routes as a list, untouched budgets left out',
    '23.5 → 21.5 kB of heap, with the row above',
    'kept',
  ],
]
