import { describe, expect, it } from 'vitest'
import { orderDeclarations } from '../../build/declaration-order.js'

/** Declarations that say where they stood, and read each other when the module loads. */
const MODULE = `
import { joined } from "./joined.js";
var first = 1;
function twice(value) { return value * scale; }
var scale = 2, doubled = /* @__PURE__ */ twice(first);
var part = [1];
var shape = /* @__PURE__ */ (() => later(part))();
function later(value) { return value.concat(first); }
var Base = class { name() { return "base" + doubled; } };
function unrelated(text) { return [...text].reverse().join(""); }
var Derived = class extends Base { static made = new Base().name(); };
function thrice(value) { return value * scale * first; }
var KEY = Symbol.for("key");
var Keyed = class { get [KEY]() { return true; } };
export { Keyed, shape, Derived, doubled, joined, thrice, unrelated };
`

describe('the order of declarations', () => {
  const ordered = orderDeclarations(MODULE)

  it('keeps each declaration once, with what is said of it', () => {
    for (const name of [
      'first =',
      'scale =',
      'doubled =',
      'Base =',
      'Derived =',
      'function twice',
      'function thrice',
      'function unrelated',
    ]) {
      expect(ordered.split(name), name).toHaveLength(2)
    }
    expect(ordered).toContain('doubled = /* @__PURE__ */ twice(first)')
  })

  it('puts what a declaration reads when the module loads in front of it, through functions too', () => {
    const place = (text: string) => ordered.indexOf(text)
    expect(place('first =')).toBeLessThan(place('doubled ='))
    expect(place('scale =')).toBeLessThan(place('doubled ='))
    expect(place('part =')).toBeLessThan(place('shape ='))
    expect(place('KEY =')).toBeLessThan(place('Keyed ='))
    expect(place('Base =')).toBeLessThan(place('Derived ='))
    expect(place('doubled =')).toBeLessThan(place('Derived ='))
  })

  it('brings together what looks alike', () => {
    const between = ordered.slice(ordered.indexOf('function twice'), ordered.indexOf('function thrice'))
    expect(between).not.toContain('function unrelated')
  })

  it('leaves a module alone that does something when it loads', () => {
    const doing = `function later() {}\nlater();\nvar value = 1;`
    expect(orderDeclarations(doing)).toBe(doing)
  })
})
