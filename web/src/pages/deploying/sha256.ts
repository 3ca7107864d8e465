/** SHA-256 (FIPS 180-4) of a text of bytes that comes in pieces: the browser's own takes a whole file at once, and only over HTTPS. */
const FIRST_PRIMES = 64;
const BLOCK = 64;

/** The first 32 bits of the fraction of a root of the first primes: square for the state, cube for the rounds. */
function fractions(root: (value: number) => number, count: number): Uint32Array {
  const found = new Uint32Array(count);
  for (let candidate = 2, place = 0; place < count; candidate += 1) {
    if (isPrime(candidate)) found[place++] = (root(candidate) % 1) * 2 ** 32;
  }
  return found;
}

function isPrime(value: number): boolean {
  for (let divisor = 2; divisor * divisor <= value; divisor += 1) if (value % divisor === 0) return false;
  return true;
}

const ROUNDS = fractions(Math.cbrt, FIRST_PRIMES);

export class Sha256 {
  private readonly state = fractions(Math.sqrt, 8);
  private readonly words = new Uint32Array(64);
  private readonly rest = new Uint8Array(BLOCK);
  private held = 0;
  private length = 0;

  update(bytes: Uint8Array): this {
    this.length += bytes.length;
    let at = 0;
    if (this.held > 0) {
      const taken = Math.min(BLOCK - this.held, bytes.length);
      this.rest.set(bytes.subarray(0, taken), this.held);
      this.held += taken;
      at = taken;
      if (this.held < BLOCK) return this;
      this.mix(this.rest, 0);
      this.held = 0;
    }
    for (; at + BLOCK <= bytes.length; at += BLOCK) this.mix(bytes, at);
    this.rest.set(bytes.subarray(at), 0);
    this.held = bytes.length - at;
    return this;
  }

  /** The digest in lower-case hexadecimal; nothing may come after it. */
  hex(): string {
    const bits = this.length * 8;
    const end = new Uint8Array(this.held < 56 ? BLOCK : 2 * BLOCK);
    end.set(this.rest.subarray(0, this.held));
    end[this.held] = 0x80;
    const view = new DataView(end.buffer);
    view.setUint32(end.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(end.length - 4, bits >>> 0);
    for (let at = 0; at < end.length; at += BLOCK) this.mix(end, at);
    return Array.from(this.state, (word) => word.toString(16).padStart(8, "0")).join("");
  }

  private mix(bytes: Uint8Array, at: number) {
    const { words, state } = this;
    for (let place = 0; place < 16; place += 1, at += 4) {
      words[place] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    }
    for (let place = 16; place < 64; place += 1) {
      const early = words[place - 15]!;
      const late = words[place - 2]!;
      const small = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
      const large = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
      words[place] = (words[place - 16]! + small + words[place - 7]! + large) | 0;
    }
    let a = state[0]! | 0, b = state[1]! | 0, c = state[2]! | 0, d = state[3]! | 0;
    let e = state[4]! | 0, f = state[5]! | 0, g = state[6]! | 0, h = state[7]! | 0;
    for (let place = 0; place < 64; place += 1) {
      const high = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const one = (h + high + ((e & f) ^ (~e & g)) + ROUNDS[place]! + words[place]!) | 0;
      const low = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const two = (low + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + one) | 0;
      d = c;
      c = b;
      b = a;
      a = (one + two) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, place) => (state[place] = state[place]! + word));
  }
}
