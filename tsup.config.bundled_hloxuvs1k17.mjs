// tsup.config.ts
import { fileURLToPath } from "node:url";
import { defineConfig } from "tsup";

// build/constants.ts
import ts from "typescript";
function foldConstants({ checker, files }) {
  const edits = /* @__PURE__ */ new Map();
  const infinities = (node, found) => {
    if (ts.isPropertyAccessExpression(node) && node.getText() === "Number.NEGATIVE_INFINITY") {
      found.push({ start: node.getStart(), end: node.end, text: "-Infinity" });
    } else ts.forEachChild(node, (child) => infinities(child, found));
  };
  const visit = (node, found) => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isTypeNode(node)) return;
    const value = ts.isBinaryExpression(node) ? amountOf(node, checker) : void 0;
    if (value === void 0) ts.forEachChild(node, (child) => visit(child, found));
    else found.push({ start: node.getStart(), end: node.end, text: literal(value) });
  };
  for (const file of files) {
    const found = [];
    infinities(file, found);
    for (const statement of file.statements) if (ts.isVariableStatement(statement)) visit(statement, found);
    edits.set(file.fileName, found);
  }
  return edits;
}
function literal(value) {
  if (typeof value !== "bigint") return `${value}`;
  return value < 0n ? `-${literal(-value)}` : `0x${value.toString(16)}n`;
}
function amountOf(node, checker) {
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isBigIntLiteral(node)) return BigInt(node.text.slice(0, -1));
  if (ts.isParenthesizedExpression(node)) return amountOf(node.expression, checker);
  if (ts.isIdentifier(node)) {
    const initializer = initializerOf(node, checker);
    return initializer && amountOf(initializer, checker);
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    const value = amountOf(node.operand, checker);
    return value === void 0 ? void 0 : -value;
  }
  if (!ts.isBinaryExpression(node)) return void 0;
  const left = amountOf(node.left, checker);
  const right = amountOf(node.right, checker);
  if (left === void 0 || typeof left !== typeof right) return void 0;
  return calculate(node.operatorToken.kind, left, right);
}
function calculate(operator, left, right) {
  switch (operator) {
    case ts.SyntaxKind.PlusToken:
      return left + right;
    case ts.SyntaxKind.MinusToken:
      return left - right;
    case ts.SyntaxKind.AsteriskToken:
      return left * right;
    case ts.SyntaxKind.AsteriskAsteriskToken:
      return left ** right;
    case ts.SyntaxKind.LessThanLessThanToken:
      return left << right;
    default:
      return void 0;
  }
}
function initializerOf(name, checker) {
  const symbol = checker.getSymbolAtLocation(name);
  const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const declaration = target?.valueDeclaration;
  const isConstant = declaration && ts.isVariableDeclaration(declaration) && ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const;
  return isConstant ? declaration.initializer : void 0;
}

// build/declaration-order.ts
import { gzipSync } from "node:zlib";
import { transformSync } from "esbuild";
import ts2 from "typescript";
var WINDOW_BYTES = 32768;
var RUN_LENGTH = 7;
var EXPONENTS = [0.88, 0.9, 0.92, 0.94, 0.96, 1];
function orderDeclarations(code) {
  const { statements } = parsed(code);
  const imports = [];
  const exports = [];
  const declarations = [];
  for (const statement of statements) {
    const text = statement.getFullText().trim();
    if (ts2.isImportDeclaration(statement)) imports.push(text);
    else if (ts2.isExportDeclaration(statement)) exports.push(text);
    else if (ts2.isFunctionDeclaration(statement))
      declarations.push({ ...namesIn(statement), name: statement.name.text, text, reads: /* @__PURE__ */ new Set() });
    else if (ts2.isVariableStatement(statement)) declarations.push(...variables(statement));
    else return code;
  }
  const order = alike(declarations);
  return [...imports, ...order.map((index) => declarations[index].text), ...exports].join("\n");
}
function variables({ declarationList }) {
  const kind = declarationList.flags & ts2.NodeFlags.Const ? "const" : declarationList.flags & ts2.NodeFlags.Let ? "let" : "var";
  return declarationList.declarations.map((part) => {
    return { ...namesIn(part), name: part.name.getText(), text: `${kind} ${part.getText()};` };
  });
}
function namesIn(declaration) {
  const reads = /* @__PURE__ */ new Set();
  const mentions = /* @__PURE__ */ new Set();
  const visit = (node, isLater) => {
    if (ts2.isIdentifier(node)) {
      mentions.add(node.text);
      if (!isLater) reads.add(node.text);
    }
    ts2.forEachChild(node, (child) => visit(child, isLater || runsLater(node) && !ts2.isComputedPropertyName(child)));
  };
  visit(declaration, false);
  return { reads, mentions };
}
function runsLater(node) {
  if (!ts2.isFunctionLike(node)) return false;
  return ts2.isFunctionDeclaration(node) || ts2.isClassLike(node.parent) || ts2.isVariableDeclaration(node.parent);
}
function alike(all) {
  const needs = needsOf(all);
  const texts = minified(all);
  const orders = EXPONENTS.map((exponent) => orderBy(new Window(texts, exponent), needs));
  const bytesOf = (order) => gzipSync(order.map((index) => texts[index]).join(";"), { level: 9 }).length;
  return orders.reduce((best, order) => bytesOf(order) < bytesOf(best) ? order : best);
}
function orderBy(window, needs) {
  const left = new Set(needs.keys());
  const order = [];
  while (left.size > 0) {
    const free = [...left].filter((index) => ![...needs[index]].some((need) => left.has(need)));
    const next = free.length === 0 ? Math.min(...left) : free.reduce((best, index) => window.share(index) > window.share(best) ? index : best);
    left.delete(next);
    order.push(next);
    window.push(next);
  }
  return order;
}
function needsOf(all) {
  const places = new Map(all.map(({ name }, index) => [name, index]));
  return all.map(({ reads }, own) => {
    const needs = /* @__PURE__ */ new Set();
    const follow = (names) => {
      for (const name of names) {
        const index = places.get(name);
        if (index === void 0 || index === own || needs.has(index)) continue;
        needs.add(index);
        follow(all[index].mentions);
      }
    };
    follow(reads);
    return needs;
  });
}
function minified(all) {
  const { code } = transformSync(all.map(({ text }) => text).join("\n"), { minify: true, format: "esm", target: "es2022" });
  const texts = parsed(code).statements.flatMap((statement) => {
    return ts2.isVariableStatement(statement) ? statement.declarationList.declarations.map((part) => part.getText()) : [statement.getText()];
  });
  if (texts.length !== all.length) throw new Error("The minifier has changed the number of declarations.");
  return texts;
}
var Window = class {
  constructor(texts, exponent) {
    this.texts = texts;
    /** Who has each run that several texts have. */
    this.owners = /* @__PURE__ */ new Map();
    this.counts = /* @__PURE__ */ new Map();
    this.inside = [];
    this.bytes = 0;
    this.runs = texts.map(runsOf);
    for (const [index, runs] of this.runs.entries()) {
      for (const run of runs) {
        const owners = this.owners.get(run);
        if (owners === void 0) this.owners.set(run, [index]);
        else owners.push(index);
      }
    }
    for (const [run, { length }] of this.owners) if (length === 1) this.owners.delete(run);
    this.found = texts.map(() => 0);
    this.whole = this.runs.map((runs) => (1 + [...runs].reduce((sum, run) => sum + this.weight(run), 0)) ** exponent);
  }
  share(index) {
    return this.found[index] / this.whole[index];
  }
  push(index) {
    this.inside.push(index);
    this.bytes += this.texts[index].length;
    this.count(index, 1);
    while (this.bytes > WINDOW_BYTES && this.inside.length > 1) {
      const oldest = this.inside.shift();
      this.bytes -= this.texts[oldest].length;
      this.count(oldest, -1);
    }
  }
  count(index, by) {
    for (const run of this.runs[index]) {
      const before = this.counts.get(run) ?? 0;
      this.counts.set(run, before + by);
      if (before > 0 && before + by > 0) continue;
      for (const owner of this.owners.get(run) ?? []) this.found[owner] += by * this.weight(run);
    }
  }
  weight(run) {
    const owners = this.owners.get(run);
    return owners === void 0 ? 0 : Math.log(this.texts.length / owners.length);
  }
};
function runsOf(text) {
  const runs = /* @__PURE__ */ new Set();
  for (let start = 0; start + RUN_LENGTH <= text.length; start++) runs.add(text.slice(start, start + RUN_LENGTH));
  return runs;
}
function parsed(code) {
  return ts2.createSourceFile("chunk.js", code, ts2.ScriptTarget.Latest, true);
}

// build/edits.ts
function edited(text, edits) {
  const parts = [];
  let end = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    parts.push(text.slice(end, edit.start), edit.text);
    end = edit.end;
  }
  return parts.join("") + text.slice(end);
}

// build/internal-names.ts
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts3 from "typescript";
function internalNames(sources2, entries, packages) {
  const { program, checker, files } = sources2;
  const own = new Set(files);
  const inside = /* @__PURE__ */ new Set();
  const outside = /* @__PURE__ */ new Set([...publicSurface(program, checker, entries), ...namesIn2(packages)]);
  const isOurs = (symbol) => (symbol.declarations ?? []).length > 0 && symbol.declarations.every((declaration) => {
    const owner = declaration.parent;
    const isMember = ts3.isClassLike(owner) || ts3.isInterfaceDeclaration(owner) || ts3.isTypeLiteralNode(owner) && ts3.isTypeAliasDeclaration(owner.parent) || ts3.isParameter(declaration) && ts3.isConstructorDeclaration(owner);
    return isMember && own.has(declaration.getSourceFile());
  });
  const note = (name, symbol) => {
    if (symbol !== void 0 && isOurs(symbol)) inside.add(name);
    else outside.add(name);
  };
  const keyOf = (literal2, name) => {
    const type = checker.getContextualType(literal2);
    if (type === void 0) return void 0;
    const parts = type.isUnion() ? type.types : [type];
    const found = parts.flatMap((part) => checker.getPropertyOfType(checker.getNonNullableType(part), name) ?? []);
    return found.length > 0 && found.every(isOurs) ? found[0] : void 0;
  };
  const visit = (node) => {
    if (isPick(node)) {
      visit(node.typeArguments[0]);
      return;
    }
    if (ts3.isStringLiteralLike(node) && /^[\w$]+$/.test(node.text)) outside.add(node.text);
    if (ts3.isPropertyAccessExpression(node)) {
      const type = checker.getTypeAtLocation(node.expression);
      const parts = type.isUnion() ? type.types : [type];
      const symbols = parts.map((part) => checker.getPropertyOfType(checker.getNonNullableType(part), node.name.text));
      const known = symbols.filter((symbol) => symbol !== void 0);
      if (known.length === 0) note(node.name.text, checker.getSymbolAtLocation(node.name));
      else for (const symbol of known) note(node.name.text, symbol);
    } else if ((ts3.isPropertyAssignment(node) || ts3.isShorthandPropertyAssignment(node) || ts3.isMethodDeclaration(node) || ts3.isAccessor(node)) && ts3.isObjectLiteralExpression(node.parent)) {
      if (ts3.isIdentifier(node.name)) note(node.name.text, keyOf(node.parent, node.name.text));
    } else if (ts3.isBindingElement(node) && ts3.isObjectBindingPattern(node.parent) && node.dotDotDotToken === void 0) {
      const name = node.propertyName ?? node.name;
      if (ts3.isIdentifier(name)) {
        const type = checker.getTypeAtLocation(node.parent);
        const parts = type.isUnion() ? type.types : [type];
        for (const part of parts) note(name.text, checker.getPropertyOfType(checker.getNonNullableType(part), name.text));
      }
    } else if (ts3.isPropertySignature(node) && ts3.isTypeLiteralNode(node.parent) && !ts3.isTypeAliasDeclaration(node.parent.parent) && ts3.isIdentifier(node.name)) {
      outside.add(node.name.text);
    }
    ts3.forEachChild(node, visit);
  };
  files.forEach(visit);
  return [...inside].filter((name) => !outside.has(name) && name.length > 2).sort();
}
function publicSurface(program, checker, entries) {
  const names = /* @__PURE__ */ new Set();
  const types = /* @__PURE__ */ new Set();
  const declared2 = /* @__PURE__ */ new Set();
  const add = (type) => {
    if (type !== void 0) types.add(type);
  };
  const isFirst = (type) => {
    const symbol = type.aliasSymbol ?? type.symbol;
    if (symbol === void 0) return true;
    if (declared2.has(symbol)) return false;
    declared2.add(symbol);
    if (symbol.flags & ts3.SymbolFlags.Type) membersOf(checker.getDeclaredTypeOfSymbol(symbol));
    return true;
  };
  const argumentsIn = (node) => {
    if (ts3.isTypeReferenceNode(node)) for (const argument of node.typeArguments ?? []) add(checker.getTypeFromTypeNode(argument));
    ts3.forEachChild(node, argumentsIn);
  };
  const isForeign = (declarations) => declarations.length > 0 && declarations.every(
    (declaration) => program.isSourceFileDefaultLibrary(declaration.getSourceFile()) || declaration.getSourceFile().fileName.includes("/node_modules/")
  );
  const walk = (type) => {
    if (type.isUnionOrIntersection()) type.types.forEach(add);
    for (const argument of isReference(type) ? checker.getTypeArguments(type) : []) add(argument);
    type.aliasTypeArguments?.forEach(add);
    type.aliasSymbol?.declarations?.forEach(argumentsIn);
    if (type.isTypeParameter()) add(type.getConstraint());
    if (type.flags & ts3.TypeFlags.Conditional) {
      const { node } = type.root;
      add(checker.getTypeFromTypeNode(node.trueType));
      add(checker.getTypeFromTypeNode(node.falseType));
    }
    if (type.flags & ts3.TypeFlags.Object && !isForeign(type.symbol?.declarations ?? []) && isFirst(type)) membersOf(type);
  };
  const membersOf = (type) => {
    const properties = checker.getPropertiesOfType(type).filter((property) => !isPrivate(property) && !isInternal(property));
    type.getBaseTypes()?.forEach(add);
    for (const property of properties) {
      names.add(property.name);
      if (property.declarations?.length) add(checker.getTypeOfSymbol(property));
    }
    for (const signature of [...type.getCallSignatures(), ...type.getConstructSignatures()]) {
      add(signature.getReturnType());
      for (const parameter of signature.getParameters()) add(checker.getTypeOfSymbol(parameter));
      signature.getTypeParameters()?.forEach(add);
    }
    for (const index of checker.getIndexInfosOfType(type)) add(index.type);
  };
  for (const entry2 of entries) {
    const file = program.getSourceFile(entry2);
    const module = file && checker.getSymbolAtLocation(file);
    for (const symbol of module === void 0 ? [] : checker.getExportsOfModule(module)) {
      const target = symbol.flags & ts3.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      if (target.flags & ts3.SymbolFlags.Value && !isTypeOnly(symbol)) {
        const value = checker.getTypeOfSymbol(target);
        add(value);
        membersOf(value);
      }
      if (target.flags & ts3.SymbolFlags.Type) add(checker.getDeclaredTypeOfSymbol(target));
    }
  }
  for (const type of types) walk(type);
  return names;
}
function isPick(node) {
  if (!ts3.isTypeReferenceNode(node) && !ts3.isExpressionWithTypeArguments(node)) return false;
  const name = ts3.isTypeReferenceNode(node) ? node.typeName : node.expression;
  return node.typeArguments?.length === 2 && ts3.isIdentifier(name) && /^(Pick|Omit)$/.test(name.text);
}
function isTypeOnly(symbol) {
  return (symbol.declarations ?? []).some(
    (exported) => ts3.isExportSpecifier(exported) && (exported.isTypeOnly || exported.parent.parent.isTypeOnly)
  );
}
function isPrivate(property) {
  return (property.declarations ?? []).some(
    (declaration) => (ts3.getCombinedModifierFlags(declaration) & ts3.ModifierFlags.Private) !== 0
  );
}
function isInternal(property) {
  return property.getJsDocTags().some(({ name }) => name === "internal");
}
function isReference(type) {
  return (type.objectFlags & ts3.ObjectFlags.Reference) !== 0;
}
function namesIn2(folders) {
  const names = /* @__PURE__ */ new Set();
  const visit = (node) => {
    if (ts3.isStringLiteralLike(node) || ts3.isIdentifier(node) && isProperty(node)) names.add(node.text);
    ts3.forEachChild(node, visit);
  };
  for (const folder of folders) {
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (!/\.[cm]?js$/.test(file)) continue;
      visit(ts3.createSourceFile(file, readFileSync(join(folder, file), "utf8"), ts3.ScriptTarget.Latest, true, ts3.ScriptKind.JS));
    }
  }
  return names;
}
function isProperty({ parent }) {
  return ts3.isPropertyAccessExpression(parent) || ts3.isObjectLiteralElementLike(parent) || ts3.isClassElement(parent) || ts3.isBindingElement(parent) || ts3.isExportSpecifier(parent) || ts3.isImportSpecifier(parent);
}

// build/letters.ts
import ts4 from "typescript";
var LETTERS = {
  charge: "G",
  f0$: "f",
  f1$: "l",
  f10$: "$",
  f11$: "U",
  f12$: "I",
  f13$: "D",
  f14$: "q",
  f15$: "j",
  f16$: "J",
  f18$: "X",
  f2$: "u",
  f21$: "W",
  f3$: "O",
  f4$: "S",
  f5$: "M",
  f6$: "w",
  f7$: "P",
  f8$: "g",
  f9$: "F",
  judge: "H",
  m0$: "t",
  m1$: "e",
  m10$: "R",
  m11$: "T",
  m12$: "A",
  m13$: "V",
  m14$: "C",
  m15$: "B",
  m16$: "Q",
  m17$: "z",
  m2$: "i",
  m20$: "Y",
  m21$: "Z",
  m26$: "_",
  m3$: "r",
  m4$: "o",
  m5$: "c",
  m6$: "m",
  m7$: "L",
  m8$: "E",
  m9$: "k",
  names: "K",
  publisher: "N"
};
function checkLetters({ files }) {
  const given = new Set(Object.values(LETTERS));
  const visit = (node) => {
    if (ts4.isIdentifier(node) && given.has(node.text) && isName(node)) {
      throw new Error(
        `${node.getSourceFile().fileName}: the property ${node.text} is a name that the build gives to others. Write a longer one.`
      );
    }
    ts4.forEachChild(node, visit);
  };
  files.forEach(visit);
}
function isName(node) {
  const { parent } = node;
  if (ts4.isBindingElement(parent))
    return ts4.isObjectBindingPattern(parent.parent) && (parent.propertyName ?? parent.name) === node;
  const isMember = ts4.isPropertyAccessExpression(parent) || ts4.isObjectLiteralElementLike(parent) || ts4.isClassElement(parent);
  return isMember && parent.name === node;
}

// build/private-names.ts
import ts5 from "typescript";
var PRIVATE_NAME = /^\w+\$$/;
function renamePrivates(sources2, names, shared) {
  const { checker } = sources2;
  const renamed2 = /* @__PURE__ */ new Map();
  for (const file of sources2.files) {
    const edits = [];
    const renamedAt = (node) => {
      const own = names.at(node);
      const key = shared.get(node.text);
      if (own !== void 0 && key !== void 0 && ts5.isShorthandPropertyAssignment(node.parent))
        return own.replace(node.text, key);
      return own ?? sharedAt(node, shared, checker);
    };
    const visit = (node) => {
      const text = ts5.isIdentifier(node) ? renamedAt(node) : isTypeKey(node) ? names.ofKey(node) : isPickKey(node) && shared.has(node.text) ? `'${shared.get(node.text)}'` : void 0;
      if (text !== void 0) edits.push({ start: node.getStart(), end: node.end, text });
      ts5.forEachChild(node, visit);
    };
    visit(file);
    if (edits.length > 0) renamed2.set(file.fileName, edits);
  }
  return renamed2;
}
function sharedAt(node, shared, checker) {
  const { parent, text } = node;
  const name = shared.get(text);
  if (name === void 0) return void 0;
  if (ts5.isBindingElement(parent) && ts5.isObjectBindingPattern(parent.parent) && (parent.propertyName ?? parent.name) === node) {
    if (parent.dotDotDotToken !== void 0) return void 0;
    return parent.propertyName === void 0 ? `${name}: ${text}` : name;
  }
  const isMade = checker.getSymbolAtLocation(node)?.declarations?.some((made) => ts5.isParameterPropertyDeclaration(made, made.parent));
  if (ts5.isShorthandPropertyAssignment(parent)) {
    const value = checker.getShorthandAssignmentValueSymbol(parent);
    const isParameter = value?.declarations?.some((made) => ts5.isParameterPropertyDeclaration(made, made.parent));
    return `${name}: ${isParameter ? name : text}`;
  }
  const isNamed = ts5.isPropertyAccessExpression(parent) && parent.name === node || ts5.isPropertyAssignment(parent) && parent.name === node || (ts5.isClassElement(parent) || ts5.isTypeElement(parent) || ts5.isMethodDeclaration(parent) || ts5.isAccessor(parent)) && parent.name === node;
  return isNamed || isMade ? name : void 0;
}
var PrivateNames = class {
  constructor({ checker, files }) {
    /** How many names of fields, and of methods, the private members of a class take. */
    this.counts = /* @__PURE__ */ new Map();
    this.names = /* @__PURE__ */ new Map();
    this.checker = checker;
    const visit = (node) => {
      if (ts5.isClassLike(node)) this.count(node);
      ts5.forEachChild(node, visit);
    };
    files.forEach(visit);
  }
  /** What stands in the place of an identifier that names a private member, or the parameter which makes one. */
  at(node) {
    const { parent, text } = node;
    if (ts5.isBindingElement(parent) && ts5.isObjectBindingPattern(parent.parent) && (parent.propertyName ?? parent.name) === node) {
      const name = this.of(this.checker.getPropertyOfType(this.checker.getTypeAtLocation(parent.parent), text));
      return name !== void 0 && parent.propertyName === void 0 ? `${name}: ${text}` : name;
    }
    if (ts5.isShorthandPropertyAssignment(parent)) {
      const name = this.of(this.checker.getShorthandAssignmentValueSymbol(parent));
      return name && `${text}: ${name}`;
    }
    return this.of(this.checker.getSymbolAtLocation(node));
  }
  /** `SecureChannel['state']`, a type, names a member by a text. */
  ofKey({ parent, text }) {
    const { objectType } = parent.parent;
    const name = this.of(this.checker.getPropertyOfType(this.checker.getTypeFromTypeNode(objectType), text));
    return name && `'${name}'`;
  }
  of(symbol) {
    const declaration = symbol?.declarations?.find(isPrivate2);
    return declaration && this.names.get(declared(declaration));
  }
  /** Names the private members of a class after those of the class that it extends. */
  count(owner) {
    const known = this.counts.get(owner);
    if (known !== void 0) return known;
    const extended = owner.heritageClauses?.find(({ token }) => token === ts5.SyntaxKind.ExtendsKeyword)?.types[0];
    const base = extended && this.checker.getTypeAtLocation(extended.expression).symbol?.valueDeclaration;
    const counts = base !== void 0 && ts5.isClassLike(base) ? { ...this.count(base) } : { m: 0, f: 0 };
    const given = owner.members.filter(ts5.isConstructorDeclaration).flatMap(({ parameters }) => [...parameters]);
    for (const member of [...given, ...owner.members].filter(isPrivate2)) {
      const symbol = declared(member);
      const kind = ts5.isMethodDeclaration(member) ? "f" : "m";
      if (!this.names.has(symbol)) this.names.set(symbol, `${kind}${counts[kind]++}$`);
    }
    this.counts.set(owner, counts);
    return counts;
  }
};
function declared(declaration) {
  return declaration.symbol;
}
function isPrivate2(declaration) {
  const isMember = ts5.isClassElement(declaration) || ts5.isParameter(declaration);
  return isMember && (ts5.getCombinedModifierFlags(declaration) & ts5.ModifierFlags.Private) !== 0;
}
function isTypeKey(node) {
  return ts5.isStringLiteral(node) && ts5.isLiteralTypeNode(node.parent) && ts5.isIndexedAccessTypeNode(node.parent.parent);
}
function isPickKey(node) {
  if (!ts5.isStringLiteral(node) || !ts5.isLiteralTypeNode(node.parent)) return false;
  const list = ts5.isUnionTypeNode(node.parent.parent) ? node.parent.parent : node.parent;
  return isPick(list.parent);
}

// build/program.ts
import { dirname } from "node:path";
import ts6 from "typescript";
function readSources(config) {
  const root2 = dirname(config);
  const json = { ...ts6.readConfigFile(config, ts6.sys.readFile).config, include: ["src"] };
  const { options, fileNames } = ts6.parseJsonConfigFileContent(json, ts6.sys, root2);
  const program = ts6.createProgram(fileNames, options);
  const isTester = (fileName) => fileName.startsWith(`${root2}/src/node/conform/`);
  const files = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(`${root2}/src/`) && !isTester(fileName));
  return { program, checker: program.getTypeChecker(), files };
}
function checkReads({ files }) {
  const visit = (node) => {
    const isIdle = ts6.isExpressionStatement(node) || ts6.isVoidExpression(node);
    if (isIdle && ts6.isPropertyAccessExpression(node.expression)) {
      throw new Error(`${node.getSourceFile().fileName}: ${node.getText()} only reads. Call a method.`);
    }
    ts6.forEachChild(node, visit);
  };
  files.forEach(visit);
}

// build/sentences.ts
import { dirname as dirname2, resolve } from "node:path";
import ts8 from "typescript";

// build/references.ts
import ts7 from "typescript";
var References = class {
  constructor({ checker, files }) {
    this.uses = /* @__PURE__ */ new Map();
    this.checker = checker;
    const visit = (node) => {
      if (ts7.isIdentifier(node)) this.note(node);
      ts7.forEachChild(node, visit);
    };
    files.forEach(visit);
  }
  /** Where a symbol is named, its declaration aside. */
  usesOf(symbol) {
    return this.uses.get(symbol) ?? [];
  }
  /** What an identifier means, at the other end of imports. */
  symbolAt(node) {
    const isShorthand = ts7.isShorthandPropertyAssignment(node.parent) && node.parent.name === node;
    const symbol = isShorthand ? this.checker.getShorthandAssignmentValueSymbol(node.parent) : this.checker.getSymbolAtLocation(node);
    return symbol && symbol.flags & ts7.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }
  /** The symbol that a function is called by, where it has a name. */
  symbolOf(owner) {
    const named = ts7.isArrowFunction(owner) ? owner.parent : owner;
    const isNamed = ts7.isFunctionDeclaration(named) || ts7.isVariableDeclaration(named) || ts7.isMethodDeclaration(named);
    return isNamed && named.name ? this.checker.getSymbolAtLocation(named.name) : void 0;
  }
  /** The calls of a function or method. */
  callsOf(symbol) {
    const calls = this.usesOf(symbol).map((use) => {
      const callee = ts7.isPropertyAccessExpression(use.parent) ? use.parent : use;
      return ts7.isCallExpression(callee.parent) && callee.parent.expression === callee ? callee.parent : void 0;
    });
    return calls.filter((call) => call !== void 0);
  }
  note(node) {
    const symbol = this.symbolAt(node);
    const isDeclared = symbol?.declarations?.some((declaration) => declaration.name === node);
    if (symbol === void 0 || isDeclared) return;
    const known = this.uses.get(symbol);
    if (known === void 0) this.uses.set(symbol, [node]);
    else known.push(node);
  }
};
function isNewError(node) {
  return ts7.isNewExpression(node) && ts7.isIdentifier(node.expression) && node.expression.text === "P2PError";
}

// build/sentences.ts
var BETWEEN = "|";
var VALUE = "~";
var MIN_LENGTH = 12;
var TABLE = "SENTENCES";
function liftSentences(sources2, entries) {
  const reached = entries.map((entry2) => new Set(reachable(sources2, entry2)));
  const within = new Set(reached.flatMap((files) => [...files]));
  const places = new Places(sources2, within);
  const found = [];
  let table;
  const visit = (node) => {
    if (ts8.isStringLiteralLike(node) && node.text.length >= MIN_LENGTH && places.isSentence(node))
      found.push({ node, text: node.text });
    if (ts8.isTemplateExpression(node) && places.isSentence(node)) found.push({ node, text: textOf(node) });
    if (ts8.isVariableDeclaration(node) && node.name.getText() === TABLE) table = node.initializer;
    ts8.forEachChild(node, visit);
  };
  for (const file of within) visit(file);
  const rankOf = (node) => reached.findIndex((files) => files.has(node.getSourceFile()));
  const ranks = /* @__PURE__ */ new Map();
  for (const { node, text } of found) ranks.set(text, Math.min(rankOf(node), ranks.get(text) ?? rankOf(node)));
  const texts = [...ranks.keys()].sort((a, b) => ranks.get(a) - ranks.get(b) || (a < b ? -1 : 1));
  const unfit = texts.find((text) => text.includes(BETWEEN));
  if (unfit !== void 0) throw new Error(`A sentence may not hold ${BETWEEN}: ${unfit}`);
  const edits = /* @__PURE__ */ new Map();
  const add = (node, made) => {
    const { fileName } = node.getSourceFile();
    edits.set(fileName, [...edits.get(fileName) ?? [], ...made]);
  };
  for (const { node, text } of found) add(node, editsOf(node, texts.indexOf(text), isWhole(node)));
  add(table, [{ start: table.getStart(), end: table.end, text: JSON.stringify(texts.join(BETWEEN)) }]);
  return edits;
}
function textOf({ head, templateSpans }) {
  const pieces = [head.text, ...templateSpans.map(({ literal: literal2 }) => literal2.text)];
  const unfit = pieces.find((piece) => piece.includes(VALUE));
  if (unfit !== void 0) throw new Error(`A sentence with values may not hold ${VALUE}: ${unfit}`);
  return pieces.join(VALUE);
}
function editsOf(node, number, whole) {
  if (!ts8.isTemplateExpression(node))
    return [{ start: node.getStart(), end: node.end, text: whole ? `${number}` : `[${number}]` }];
  const { head, templateSpans } = node;
  const edits = [{ start: head.getStart(), end: head.end, text: `[${number},` }];
  for (const [i, { literal: literal2 }] of templateSpans.entries()) {
    edits.push({ start: literal2.getStart(), end: literal2.end, text: i === templateSpans.length - 1 ? "]" : "," });
  }
  return edits;
}
function isWhole(node) {
  const { parent } = node;
  return isNewError(parent) || (ts8.isParenthesizedExpression(parent) || isBranch(node)) && isWhole(parent);
}
function isBranch(node) {
  const { parent } = node;
  return ts8.isConditionalExpression(parent) && parent.condition !== node;
}
function reachable({ program, files }, entry2) {
  const own = new Set(files);
  const found = /* @__PURE__ */ new Set([program.getSourceFile(entry2)]);
  for (const file of found) {
    for (const statement of file.statements) {
      const isLink = ts8.isImportDeclaration(statement) && !statement.importClause?.isTypeOnly || isExport(statement);
      if (!isLink || !statement.moduleSpecifier || !ts8.isStringLiteral(statement.moduleSpecifier)) continue;
      const path = resolve(dirname2(file.fileName), statement.moduleSpecifier.text.replace(/\.js$/, ".ts"));
      const target = program.getSourceFile(path);
      if (target !== void 0 && own.has(target)) found.add(target);
    }
  }
  return found;
}
function isExport(statement) {
  return ts8.isExportDeclaration(statement) && !statement.isTypeOnly;
}
var Places = class {
  constructor(sources2, within) {
    this.within = within;
    /** Variables and parameters of which that may be true, and functions whose results it may be true of; what is none is taken out. */
    this.carriers = /* @__PURE__ */ new Set();
    this.checker = sources2.checker;
    this.references = new References(sources2);
    const visit = (node) => {
      const symbol = this.candidate(node);
      if (symbol !== void 0) this.carriers.add(symbol);
      ts8.forEachChild(node, visit);
    };
    sources2.files.forEach(visit);
    let before;
    do {
      before = this.carriers.size;
      for (const symbol of this.carriers) if (!this.isCarrier(symbol)) this.carriers.delete(symbol);
    } while (this.carriers.size < before);
  }
  /** Whether what stands here goes into an error's sentence only. */
  isSentence(node) {
    const { parent } = node;
    if (ts8.isParenthesizedExpression(parent)) return this.isSentence(parent);
    if (isBranch(node) || isFallback(node)) return this.isSentence(parent);
    if (isNewError(parent)) return parent.arguments?.indexOf(node) === 1;
    if (ts8.isTemplateSpan(parent)) return this.within.has(node.getSourceFile()) && this.isSentence(parent.parent);
    if (ts8.isCallExpression(parent)) return this.isCarrying(this.parameterOf(parent, node));
    if ((ts8.isVariableDeclaration(parent) || ts8.isParameter(parent)) && parent.initializer === node) {
      return this.isCarrying(this.checker.getSymbolAtLocation(parent.name));
    }
    if (isAssignment(parent) && parent.right === node) return this.isCarrying(this.references.symbolAt(parent.left));
    if (ts8.isReturnStatement(parent) || ts8.isArrowFunction(parent) && parent.body === node) {
      const owner = ts8.isArrowFunction(parent) ? parent : ts8.findAncestor(parent, ts8.isFunctionLike);
      return owner !== void 0 && this.isCarrying(this.references.symbolOf(owner));
    }
    return false;
  }
  isCarrying(symbol) {
    return symbol !== void 0 && this.carriers.has(symbol);
  }
  candidate(node) {
    const isVariable = ts8.isVariableDeclaration(node) && !isExported(node.parent.parent);
    if ((isVariable || ts8.isParameter(node) && hasBody(node.parent)) && ts8.isIdentifier(node.name)) {
      return this.isText(this.checker.getTypeAtLocation(node.name)) ? this.checker.getSymbolAtLocation(node.name) : void 0;
    }
    if (!ts8.isFunctionDeclaration(node) && !ts8.isArrowFunction(node)) return void 0;
    const returned = this.checker.getSignatureFromDeclaration(node)?.getReturnType();
    return returned !== void 0 && this.isText(returned) ? this.references.symbolOf(node) : void 0;
  }
  isText(type) {
    const parts = type.isUnion() ? type.types : [type];
    const texts = parts.filter((part) => (part.flags & ts8.TypeFlags.StringLike) !== 0);
    return texts.length > 0 && parts.every((part) => texts.includes(part) || (part.flags & ts8.TypeFlags.Undefined) !== 0);
  }
  isCarrier(symbol) {
    const uses = this.references.usesOf(symbol);
    const isFunction = symbol.declarations?.some(
      (declaration) => ts8.isFunctionDeclaration(declaration) || ts8.isVariableDeclaration(declaration) && declaration.initializer !== void 0 && ts8.isArrowFunction(declaration.initializer)
    );
    const isUsedSo = (use) => {
      if (ts8.isImportSpecifier(use.parent)) return true;
      if (!isFunction) return this.isSentence(use) || isQuestion(use) || isAssignment(use.parent) && use.parent.left === use;
      const call = use.parent;
      return ts8.isCallExpression(call) && call.expression === use && (this.isSentence(call) || isQuestion(call));
    };
    return uses.length > 0 && uses.every(isUsedSo);
  }
  /** The parameter that an argument is given to, where the function that is called is known. */
  parameterOf(call, argument) {
    const i = call.arguments.indexOf(argument);
    const { declaration } = this.checker.getResolvedSignature(call) ?? {};
    if (i < 0 || declaration === void 0 || !ts8.isFunctionLike(declaration) || !hasBody(declaration)) return void 0;
    const name = declaration.parameters[i]?.name;
    return name && ts8.isIdentifier(name) ? this.checker.getSymbolAtLocation(name) : void 0;
  }
};
function hasBody(owner) {
  if (ts8.isMethodDeclaration(owner)) {
    return owner.body !== void 0 && (ts8.getCombinedModifierFlags(owner) & ts8.ModifierFlags.Private) !== 0;
  }
  return ts8.isArrowFunction(owner) || ts8.isFunctionDeclaration(owner) && owner.body !== void 0;
}
function isExported(node) {
  return ts8.isVariableStatement(node) && (node.modifiers?.some(({ kind }) => kind === ts8.SyntaxKind.ExportKeyword) ?? false);
}
function isAssignment(node) {
  return ts8.isBinaryExpression(node) && node.operatorToken.kind === ts8.SyntaxKind.EqualsToken;
}
function isFallback({ parent }) {
  return ts8.isBinaryExpression(parent) && parent.operatorToken.kind === ts8.SyntaxKind.QuestionQuestionToken;
}
function isQuestion({ parent }) {
  if (!ts8.isBinaryExpression(parent)) return false;
  const { kind } = parent.operatorToken;
  const isComparison = kind === ts8.SyntaxKind.EqualsEqualsEqualsToken || kind === ts8.SyntaxKind.ExclamationEqualsEqualsToken;
  return isComparison && ts8.isIdentifier(parent.right) && parent.right.text === "undefined";
}

// build/shared-names.ts
import ts9 from "typescript";
function shareNames({ checker, files }, internal2, privates2) {
  const candidates = new Set(internal2);
  const methods = /* @__PURE__ */ new Set();
  const seen = /* @__PURE__ */ new Set();
  const rivals = /* @__PURE__ */ new Map();
  const meet = (type) => {
    if (seen.has(type)) return;
    seen.add(type);
    if (type.isUnion()) {
      type.types.forEach(meet);
      return;
    }
    if (!(type.flags & (ts9.TypeFlags.Object | ts9.TypeFlags.Intersection))) return;
    const together = /* @__PURE__ */ new Set();
    for (const property of checker.getPropertiesOfType(type)) {
      const { name } = property;
      const own = privates2.of(property);
      if (own !== void 0) together.add(own);
      else if (candidates.has(name)) {
        if (property.flags & ts9.SymbolFlags.Optional) candidates.delete(name);
        if (property.flags & ts9.SymbolFlags.Method) methods.add(name);
        together.add(name);
      }
    }
    for (const name of together) {
      const others = rivals.get(name) ?? /* @__PURE__ */ new Set();
      for (const other of together) if (other !== name) others.add(other);
      rivals.set(name, others);
    }
  };
  const visit = (node) => {
    if (ts9.isClassLike(node)) {
      const symbol = checker.getSymbolAtLocation(node.name ?? node);
      if (symbol !== void 0) {
        meet(checker.getDeclaredTypeOfSymbol(symbol));
        meet(checker.getTypeOfSymbol(symbol));
      }
    }
    if (ts9.isInterfaceDeclaration(node) || ts9.isTypeAliasDeclaration(node)) meet(checker.getTypeAtLocation(node.name));
    if (ts9.isTypeNode(node)) meet(checker.getTypeFromTypeNode(node));
    if (ts9.isObjectLiteralExpression(node) || ts9.isCallExpression(node) || ts9.isNewExpression(node)) {
      meet(checker.getTypeAtLocation(node));
      const expected = checker.getContextualType(node);
      if (expected !== void 0) meet(expected);
    }
    ts9.forEachChild(node, visit);
  };
  files.forEach(visit);
  const shared = /* @__PURE__ */ new Map();
  const placed = [...candidates].sort((a, b) => (rivals.get(b)?.size ?? 0) - (rivals.get(a)?.size ?? 0) || (a < b ? -1 : 1));
  for (const name of placed) {
    const taken = new Set([...rivals.get(name) ?? []].map((rival) => shared.get(rival) ?? rival));
    const kind = methods.has(name) ? "f" : "m";
    let number = 0;
    while (taken.has(`${kind}${number}$`)) number++;
    shared.set(name, `${kind}${number}$`);
  }
  return shared;
}

// tsup.config.ts
var __injected_import_meta_url__ = "file:///work/wt/operate/tsup.config.ts";
var platforms = { "platform-node": "src/platform/node.ts", "platform-browser": "src/platform/browser.ts" };
var VENDOR = /^(idb-keyval|mitt|nanoid)$/;
var platform = (half) => ({
  name: "platform",
  setup({ onResolve }) {
    onResolve({ filter: /\.node\.js$/ }, ({ importer }) => /[\\/]platform[\\/]node\.ts$/.test(importer) ? void 0 : half);
  }
});
var platformByCondition = platform({ path: "#platform", external: true });
var vendorByCondition = {
  name: "vendor",
  setup({ onResolve }) {
    onResolve({ filter: VENDOR }, ({ path, importer }) => ({
      path: /vendor\.ts$/.test(importer) ? path : "#vendor",
      external: true
    }));
  }
};
var tester = {
  name: "tester",
  setup({ onResolve }) {
    onResolve({ filter: /conform\/command\.js$/ }, () => ({ path: "./conform.js", external: true }));
  }
};
var entry = {
  index: "src/index.ts",
  core: "src/core.ts",
  errors: "src/errors.ts",
  statements: "src/statements/index.ts",
  musig2: "src/musig2/index.ts",
  coinjoin: "src/coinjoin/index.ts",
  mail: "src/mail/index.ts",
  node: "src/node/index.ts",
  testing: "src/testing/index.ts"
};
var development = {
  "index.development": "src/index.development.ts",
  "core.development": "src/core.development.ts",
  "musig2.development": "src/musig2.development.ts",
  "coinjoin.development": "src/coinjoin.development.ts",
  "mail.development": "src/mail.development.ts"
};
var BUNDLED = ["@noble/ed25519", "@scure/base", "idb-keyval", "mitt", "nanoid"];
var root = (path) => fileURLToPath(new URL(path, __injected_import_meta_url__));
var sources = readSources(root("tsconfig.json"));
checkReads(sources);
checkLetters(sources);
var internal = internalNames(
  sources,
  Object.values(entry).map(root),
  BUNDLED.map((name) => root(`node_modules/${name}`))
);
var mangleProps = new RegExp(`^(${internal.join("|")})$|${PRIVATE_NAME.source}`);
var short = (options) => {
  options.mangleProps = mangleProps;
  options.mangleCache = { ...LETTERS };
  options.define = {
    ...options.define,
    "Number.POSITIVE_INFINITY": "Infinity",
    "Number.MAX_SAFE_INTEGER": String(Number.MAX_SAFE_INTEGER)
  };
};
var privateNames = new PrivateNames(sources);
var privates = renamePrivates(sources, privateNames, shareNames(sources, internal, privateNames));
var renamed = textsWith(({ fileName }) => privates.get(fileName));
var lifted = liftSentences(sources, [
  root(entry.index),
  root(entry.statements),
  root(entry.musig2),
  root(entry.coinjoin),
  root(entry.mail)
]);
var constants = foldConstants(sources);
var built = textsWith(({ fileName }) => [privates, lifted, constants].flatMap((edits) => edits.get(fileName) ?? []));
var rewritten = {
  name: "rewritten",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const contents = built.get(path.replaceAll("\\", "/"));
      return contents === void 0 ? void 0 : { contents, loader: "ts" };
    });
  }
};
var COMPRESS = {
  passes: 2,
  ecma: 2020,
  reduce_funcs: false,
  keep_infinity: true,
  pure_getters: true,
  unsafe_methods: true
};
var terser = await import("terser").catch(() => {
  console.warn("terser is not installed: what is built is larger than its budgets. Run `npm ci`.");
  return void 0;
});
var simpler = {
  name: "simpler",
  async renderChunk(code, { path }) {
    if (!path.endsWith(".js") || terser === void 0) return void 0;
    const options = { module: true, mangle: false, compress: COMPRESS, format: { beautify: true, preserve_annotations: true } };
    const simple = await terser.minify(code, options);
    return { code: orderDeclarations(simple.code) };
  }
};
function textsWith(editsOf2) {
  const texts = /* @__PURE__ */ new Map();
  for (const file of sources.files) {
    const edits = editsOf2(file);
    if (edits?.length) texts.set(file.fileName, edited(file.text, edits));
  }
  return texts;
}
var tsup_config_default = defineConfig([
  {
    entry: { ...entry, ...development, ...platforms, vendor: "src/platform/vendor.ts", cli: "src/node/cli.ts" },
    format: "esm",
    target: "es2022",
    platform: "neutral",
    // One class P2PError for all entry points, so that `instanceof` holds between them.
    splitting: true,
    dts: { entry },
    outDir: "dist",
    external: [/^node:/],
    noExternal: [VENDOR],
    esbuildPlugins: [platformByCondition, vendorByCondition, tester, rewritten],
    esbuildOptions: short,
    plugins: [simpler]
  },
  {
    entry: { "vendor-node": "src/platform/vendor.ts" },
    format: "esm",
    target: "es2022",
    platform: "neutral",
    outDir: "dist",
    noExternal: [/.*/],
    esbuildOptions(options) {
      options.conditions = ["browser"];
    }
  },
  {
    // It shares nothing with the others, whose names are short.
    entry: { conform: "src/node/conform/command.ts" },
    format: "esm",
    target: "es2022",
    platform: "node",
    splitting: false,
    outDir: "dist",
    esbuildPlugins: [platform({ path: root("src/platform/node.ts") })]
  },
  {
    entry: { ...entry, ...development, ...platforms },
    format: "cjs",
    target: "es2022",
    platform: "neutral",
    splitting: true,
    outDir: "dist",
    outExtension: () => ({ js: ".cjs" }),
    external: [/^node:/],
    // These ship as ES modules only, which `require` of Node 20.19 takes; older bundlers get them inlined.
    noExternal: [/^@noble\//, "nanoid", "idb-keyval"],
    esbuildPlugins: [platformByCondition, rewritten],
    esbuildOptions(options) {
      short(options);
      options.conditions = ["browser"];
    }
  },
  {
    entry: { "lotus-p2p": "src/index.development.ts", "lotus-p2p-all": "src/all.development.ts" },
    format: "iife",
    globalName: "LotusP2P",
    target: "es2022",
    platform: "browser",
    minify: true,
    outDir: "dist",
    outExtension: () => ({ js: ".global.js" }),
    noExternal: [/.*/],
    esbuildPlugins: [platform({ path: root("src/platform/browser.ts") }), rewritten],
    esbuildOptions(options) {
      short(options);
      options.mainFields = ["browser", "module", "main"];
    }
  },
  {
    // One file for module and classic workers alike: it imports and exports nothing.
    entry: { "pow-worker": "src/plugins/proof-of-work/pow-worker.ts" },
    format: "iife",
    target: "es2022",
    platform: "browser",
    minify: true,
    outDir: "dist",
    outExtension: () => ({ js: ".js" })
  }
]);
export {
  tsup_config_default as default,
  internal,
  renamed,
  sources
};
//# sourceMappingURL=data:application/json;base64,ewogICJ2ZXJzaW9uIjogMywKICAic291cmNlcyI6IFsidHN1cC5jb25maWcudHMiLCAiYnVpbGQvY29uc3RhbnRzLnRzIiwgImJ1aWxkL2RlY2xhcmF0aW9uLW9yZGVyLnRzIiwgImJ1aWxkL2VkaXRzLnRzIiwgImJ1aWxkL2ludGVybmFsLW5hbWVzLnRzIiwgImJ1aWxkL2xldHRlcnMudHMiLCAiYnVpbGQvcHJpdmF0ZS1uYW1lcy50cyIsICJidWlsZC9wcm9ncmFtLnRzIiwgImJ1aWxkL3NlbnRlbmNlcy50cyIsICJidWlsZC9yZWZlcmVuY2VzLnRzIiwgImJ1aWxkL3NoYXJlZC1uYW1lcy50cyJdLAogICJzb3VyY2VzQ29udGVudCI6IFsiY29uc3QgX19pbmplY3RlZF9maWxlbmFtZV9fID0gXCIvd29yay93dC9vcGVyYXRlL3RzdXAuY29uZmlnLnRzXCI7Y29uc3QgX19pbmplY3RlZF9kaXJuYW1lX18gPSBcIi93b3JrL3d0L29wZXJhdGVcIjtjb25zdCBfX2luamVjdGVkX2ltcG9ydF9tZXRhX3VybF9fID0gXCJmaWxlOi8vL3dvcmsvd3Qvb3BlcmF0ZS90c3VwLmNvbmZpZy50c1wiO2ltcG9ydCB7IGZpbGVVUkxUb1BhdGggfSBmcm9tICdub2RlOnVybCdcbmltcG9ydCB0eXBlIHsgQnVpbGRPcHRpb25zLCBPbkxvYWRSZXN1bHQsIE9uUmVzb2x2ZVJlc3VsdCwgUGx1Z2luQnVpbGQgfSBmcm9tICdlc2J1aWxkJ1xuaW1wb3J0IHsgZGVmaW5lQ29uZmlnIH0gZnJvbSAndHN1cCdcbmltcG9ydCB0eXBlIHsgU291cmNlRmlsZSB9IGZyb20gJ3R5cGVzY3JpcHQnXG5pbXBvcnQgeyBmb2xkQ29uc3RhbnRzIH0gZnJvbSAnLi9idWlsZC9jb25zdGFudHMuanMnXG5pbXBvcnQgeyBvcmRlckRlY2xhcmF0aW9ucyB9IGZyb20gJy4vYnVpbGQvZGVjbGFyYXRpb24tb3JkZXIuanMnXG5pbXBvcnQgeyB0eXBlIEVkaXQsIGVkaXRlZCB9IGZyb20gJy4vYnVpbGQvZWRpdHMuanMnXG5pbXBvcnQgeyBpbnRlcm5hbE5hbWVzIH0gZnJvbSAnLi9idWlsZC9pbnRlcm5hbC1uYW1lcy5qcydcbmltcG9ydCB7IGNoZWNrTGV0dGVycywgTEVUVEVSUyB9IGZyb20gJy4vYnVpbGQvbGV0dGVycy5qcydcbmltcG9ydCB7IFBSSVZBVEVfTkFNRSwgUHJpdmF0ZU5hbWVzLCByZW5hbWVQcml2YXRlcyB9IGZyb20gJy4vYnVpbGQvcHJpdmF0ZS1uYW1lcy5qcydcbmltcG9ydCB7IGNoZWNrUmVhZHMsIHJlYWRTb3VyY2VzIH0gZnJvbSAnLi9idWlsZC9wcm9ncmFtLmpzJ1xuaW1wb3J0IHsgbGlmdFNlbnRlbmNlcyB9IGZyb20gJy4vYnVpbGQvc2VudGVuY2VzLmpzJ1xuaW1wb3J0IHsgc2hhcmVOYW1lcyB9IGZyb20gJy4vYnVpbGQvc2hhcmVkLW5hbWVzLmpzJ1xuXG4vKiogV2hhdCBwYWNrYWdlLmpzb24gY2hvb3NlcyBieSBjb25kaXRpb246IG5vIGJ1bmRsZXIgZm9yIGJyb3dzZXJzIHNlZXMgTm9kZSdzIGhhbGYsIGFuZCBOb2RlIGxvYWRzIGZldyBmaWxlcy4gKi9cbmNvbnN0IHBsYXRmb3JtcyA9IHsgJ3BsYXRmb3JtLW5vZGUnOiAnc3JjL3BsYXRmb3JtL25vZGUudHMnLCAncGxhdGZvcm0tYnJvd3Nlcic6ICdzcmMvcGxhdGZvcm0vYnJvd3Nlci50cycgfVxuY29uc3QgVkVORE9SID0gL14oaWRiLWtleXZhbHxtaXR0fG5hbm9pZCkkL1xuXG4vKiogU291cmNlcyBpbXBvcnQgTm9kZSdzIGhhbGYsIGEgZmlsZSBgKi5ub2RlLnRzYCBlYWNoOyB3aGF0IGlzIGJ1aWx0IGltcG9ydHMgdGhlIGhhbGYgdGhhdCBpcyBhc2tlZCBmb3IgaGVyZS4gKi9cbmNvbnN0IHBsYXRmb3JtID0gKGhhbGY6IE9uUmVzb2x2ZVJlc3VsdCkgPT4gKHtcbiAgbmFtZTogJ3BsYXRmb3JtJyxcbiAgc2V0dXAoeyBvblJlc29sdmUgfTogUGx1Z2luQnVpbGQpIHtcbiAgICBvblJlc29sdmUoeyBmaWx0ZXI6IC9cXC5ub2RlXFwuanMkLyB9LCAoeyBpbXBvcnRlciB9KSA9PiAoL1tcXFxcL11wbGF0Zm9ybVtcXFxcL11ub2RlXFwudHMkLy50ZXN0KGltcG9ydGVyKSA/IHVuZGVmaW5lZCA6IGhhbGYpKVxuICB9LFxufSlcbmNvbnN0IHBsYXRmb3JtQnlDb25kaXRpb24gPSBwbGF0Zm9ybSh7IHBhdGg6ICcjcGxhdGZvcm0nLCBleHRlcm5hbDogdHJ1ZSB9KVxuY29uc3QgdmVuZG9yQnlDb25kaXRpb24gPSB7XG4gIG5hbWU6ICd2ZW5kb3InLFxuICBzZXR1cCh7IG9uUmVzb2x2ZSB9OiBQbHVnaW5CdWlsZCkge1xuICAgIG9uUmVzb2x2ZSh7IGZpbHRlcjogVkVORE9SIH0sICh7IHBhdGgsIGltcG9ydGVyIH0pID0+ICh7XG4gICAgICBwYXRoOiAvdmVuZG9yXFwudHMkLy50ZXN0KGltcG9ydGVyKSA/IHBhdGggOiAnI3ZlbmRvcicsXG4gICAgICBleHRlcm5hbDogdHJ1ZSxcbiAgICB9KSlcbiAgfSxcbn1cblxuLyoqIFRoZSBjb21tYW5kIGxvYWRzIHRoZSB0ZXN0ZXIgd2hlcmUgaXQgaXMgYXNrZWQgZm9yLiAqL1xuY29uc3QgdGVzdGVyID0ge1xuICBuYW1lOiAndGVzdGVyJyxcbiAgc2V0dXAoeyBvblJlc29sdmUgfTogUGx1Z2luQnVpbGQpIHtcbiAgICBvblJlc29sdmUoeyBmaWx0ZXI6IC9jb25mb3JtXFwvY29tbWFuZFxcLmpzJC8gfSwgKCkgPT4gKHsgcGF0aDogJy4vY29uZm9ybS5qcycsIGV4dGVybmFsOiB0cnVlIH0pKVxuICB9LFxufVxuXG5jb25zdCBlbnRyeSA9IHtcbiAgaW5kZXg6ICdzcmMvaW5kZXgudHMnLFxuICBjb3JlOiAnc3JjL2NvcmUudHMnLFxuICBlcnJvcnM6ICdzcmMvZXJyb3JzLnRzJyxcbiAgc3RhdGVtZW50czogJ3NyYy9zdGF0ZW1lbnRzL2luZGV4LnRzJyxcbiAgbXVzaWcyOiAnc3JjL211c2lnMi9pbmRleC50cycsXG4gIGNvaW5qb2luOiAnc3JjL2NvaW5qb2luL2luZGV4LnRzJyxcbiAgbWFpbDogJ3NyYy9tYWlsL2luZGV4LnRzJyxcbiAgbm9kZTogJ3NyYy9ub2RlL2luZGV4LnRzJyxcbiAgdGVzdGluZzogJ3NyYy90ZXN0aW5nL2luZGV4LnRzJyxcbn1cblxuLyoqIFdoYXQgY29uZGl0aW9ucyBjaG9vc2UgaW4gcGxhY2Ugb2YgYW4gZW50cnksIHdpdGggdGhlIHNhbWUgdHlwZXMuICovXG5jb25zdCBkZXZlbG9wbWVudCA9IHtcbiAgJ2luZGV4LmRldmVsb3BtZW50JzogJ3NyYy9pbmRleC5kZXZlbG9wbWVudC50cycsXG4gICdjb3JlLmRldmVsb3BtZW50JzogJ3NyYy9jb3JlLmRldmVsb3BtZW50LnRzJyxcbiAgJ211c2lnMi5kZXZlbG9wbWVudCc6ICdzcmMvbXVzaWcyLmRldmVsb3BtZW50LnRzJyxcbiAgJ2NvaW5qb2luLmRldmVsb3BtZW50JzogJ3NyYy9jb2luam9pbi5kZXZlbG9wbWVudC50cycsXG4gICdtYWlsLmRldmVsb3BtZW50JzogJ3NyYy9tYWlsLmRldmVsb3BtZW50LnRzJyxcbn1cblxuLyoqIFBhY2thZ2VzIHRoYXQgc29tZSBidW5kbGUgdGFrZXMgaW4uICovXG5jb25zdCBCVU5ETEVEID0gWydAbm9ibGUvZWQyNTUxOScsICdAc2N1cmUvYmFzZScsICdpZGIta2V5dmFsJywgJ21pdHQnLCAnbmFub2lkJ11cbmNvbnN0IHJvb3QgPSAocGF0aDogc3RyaW5nKSA9PiBmaWxlVVJMVG9QYXRoKG5ldyBVUkwocGF0aCwgaW1wb3J0Lm1ldGEudXJsKSlcbmV4cG9ydCBjb25zdCBzb3VyY2VzID0gcmVhZFNvdXJjZXMocm9vdCgndHNjb25maWcuanNvbicpKVxuY2hlY2tSZWFkcyhzb3VyY2VzKVxuY2hlY2tMZXR0ZXJzKHNvdXJjZXMpXG4vKiogUHJvcGVydGllcyB0aGF0IG5vYm9keSBvdXRzaWRlIGNhbiBzZWUgYXJlIHNob3J0IGluIHdoYXQgaXMgYnVpbHQ6IHRoZXkgYXJlIGEgZmlmdGlldGggb2YgaXRzIGJ5dGVzLiAqL1xuZXhwb3J0IGNvbnN0IGludGVybmFsID0gaW50ZXJuYWxOYW1lcyhcbiAgc291cmNlcyxcbiAgT2JqZWN0LnZhbHVlcyhlbnRyeSkubWFwKHJvb3QpLFxuICBCVU5ETEVELm1hcCgobmFtZSkgPT4gcm9vdChgbm9kZV9tb2R1bGVzLyR7bmFtZX1gKSksXG4pXG5jb25zdCBtYW5nbGVQcm9wcyA9IG5ldyBSZWdFeHAoYF4oJHtpbnRlcm5hbC5qb2luKCd8Jyl9KSR8JHtQUklWQVRFX05BTUUuc291cmNlfWApXG5jb25zdCBzaG9ydCA9IChvcHRpb25zOiBCdWlsZE9wdGlvbnMpID0+IHtcbiAgb3B0aW9ucy5tYW5nbGVQcm9wcyA9IG1hbmdsZVByb3BzXG4gIG9wdGlvbnMubWFuZ2xlQ2FjaGUgPSB7IC4uLkxFVFRFUlMgfVxuICAvLyBBIG1pbmlmaWVyIHdyaXRlcyBgSW5maW5pdHlgIGFzIGAxLzBgLlxuICBvcHRpb25zLmRlZmluZSA9IHtcbiAgICAuLi5vcHRpb25zLmRlZmluZSxcbiAgICAnTnVtYmVyLlBPU0lUSVZFX0lORklOSVRZJzogJ0luZmluaXR5JyxcbiAgICAnTnVtYmVyLk1BWF9TQUZFX0lOVEVHRVInOiBTdHJpbmcoTnVtYmVyLk1BWF9TQUZFX0lOVEVHRVIpLFxuICB9XG59XG4vKiogVGhlIHRleHRzIHdpdGggb3RoZXIgbmFtZXMgZm9yIHByaXZhdGUgbWVtYmVycywgd2hpY2ggYXJlIHNob3J0IHRvby4gKi9cbmNvbnN0IHByaXZhdGVOYW1lcyA9IG5ldyBQcml2YXRlTmFtZXMoc291cmNlcylcbmNvbnN0IHByaXZhdGVzID0gcmVuYW1lUHJpdmF0ZXMoc291cmNlcywgcHJpdmF0ZU5hbWVzLCBzaGFyZU5hbWVzKHNvdXJjZXMsIGludGVybmFsLCBwcml2YXRlTmFtZXMpKVxuZXhwb3J0IGNvbnN0IHJlbmFtZWQgPSB0ZXh0c1dpdGgoKHsgZmlsZU5hbWUgfSkgPT4gcHJpdmF0ZXMuZ2V0KGZpbGVOYW1lKSlcbi8qKiBUaGUgdGV4dHMgdGhhdCBhcmUgYnVpbHQ6IHRoZWlyIGVycm9ycyBoYXZlIG51bWJlcnMgaW4gdGhlIHBsYWNlIG9mIHNlbnRlbmNlcywgd2hpY2ggc3RhbmQgaW4gb25lIHRhYmxlLCBhbmQgY29uc3RhbnRzIGFyZSBsaXRlcmFscy4gKi9cbmNvbnN0IGxpZnRlZCA9IGxpZnRTZW50ZW5jZXMoc291cmNlcywgW1xuICByb290KGVudHJ5LmluZGV4KSxcbiAgcm9vdChlbnRyeS5zdGF0ZW1lbnRzKSxcbiAgcm9vdChlbnRyeS5tdXNpZzIpLFxuICByb290KGVudHJ5LmNvaW5qb2luKSxcbiAgcm9vdChlbnRyeS5tYWlsKSxcbl0pXG5jb25zdCBjb25zdGFudHMgPSBmb2xkQ29uc3RhbnRzKHNvdXJjZXMpXG5jb25zdCBidWlsdCA9IHRleHRzV2l0aCgoeyBmaWxlTmFtZSB9KSA9PiBbcHJpdmF0ZXMsIGxpZnRlZCwgY29uc3RhbnRzXS5mbGF0TWFwKChlZGl0cykgPT4gZWRpdHMuZ2V0KGZpbGVOYW1lKSA/PyBbXSkpXG5jb25zdCByZXdyaXR0ZW4gPSB7XG4gIG5hbWU6ICdyZXdyaXR0ZW4nLFxuICBzZXR1cCh7IG9uTG9hZCB9OiBQbHVnaW5CdWlsZCkge1xuICAgIG9uTG9hZCh7IGZpbHRlcjogL1tcXFxcL11zcmNbXFxcXC9dLipcXC50cyQvIH0sICh7IHBhdGggfSk6IE9uTG9hZFJlc3VsdCB8IHVuZGVmaW5lZCA9PiB7XG4gICAgICBjb25zdCBjb250ZW50cyA9IGJ1aWx0LmdldChwYXRoLnJlcGxhY2VBbGwoJ1xcXFwnLCAnLycpKVxuICAgICAgcmV0dXJuIGNvbnRlbnRzID09PSB1bmRlZmluZWQgPyB1bmRlZmluZWQgOiB7IGNvbnRlbnRzLCBsb2FkZXI6ICd0cycgfVxuICAgIH0pXG4gIH0sXG59XG5cbi8qKiBGdW5jdGlvbnMgdGhhdCBhcmUgdXNlZCBvbmNlIHN0YXkgZnVuY3Rpb25zOiB3aXRoaW4gb3RoZXJzIHRoZXkgY29tcHJlc3Mgd29yc2UuIGBjaGVja1JlYWRzYCBsb29rcyBmb3IgZ2V0dGVycyB0aGF0IGFyZSByZWFkIGZvciB3aGF0IHRoZXkgZG8uICovXG5jb25zdCBDT01QUkVTUyA9IHtcbiAgcGFzc2VzOiAyLFxuICBlY21hOiAyMDIwLFxuICByZWR1Y2VfZnVuY3M6IGZhbHNlLFxuICBrZWVwX2luZmluaXR5OiB0cnVlLFxuICBwdXJlX2dldHRlcnM6IHRydWUsXG4gIHVuc2FmZV9tZXRob2RzOiB0cnVlLFxufSBhcyBjb25zdFxuXG5jb25zdCB0ZXJzZXIgPSBhd2FpdCBpbXBvcnQoJ3RlcnNlcicpLmNhdGNoKCgpID0+IHtcbiAgY29uc29sZS53YXJuKCd0ZXJzZXIgaXMgbm90IGluc3RhbGxlZDogd2hhdCBpcyBidWlsdCBpcyBsYXJnZXIgdGhhbiBpdHMgYnVkZ2V0cy4gUnVuIGBucG0gY2lgLicpXG4gIHJldHVybiB1bmRlZmluZWRcbn0pXG5cbi8qKlxuICogU2ltcGxlciBjb2RlLCB3aGljaCBhIGJ1bmRsZXIgc2hha2VzIGFzIGJlZm9yZSBhbmQgaGFzIG1hZGUgYSBmaWZ0aWV0aCBzbWFsbGVyIG9uY2UgaXQgaGFzIG1pbmlmaWVkIGl0OiBuYW1lcywgbGluZXMgYW5kIGV4cG9ydHNcbiAqIHN0YXkuIFRoZW4gZGVjbGFyYXRpb25zIHRoYXQgbG9vayBhbGlrZSBjb21lIHRvIHN0YW5kIHRvZ2V0aGVyLCB3aGljaCBtYWtlcyBpdCBzbWFsbGVyIGJ5IGFub3RoZXIgZmlmdGlldGguXG4gKi9cbmNvbnN0IHNpbXBsZXIgPSB7XG4gIG5hbWU6ICdzaW1wbGVyJyxcbiAgYXN5bmMgcmVuZGVyQ2h1bmsoY29kZTogc3RyaW5nLCB7IHBhdGggfTogeyBwYXRoOiBzdHJpbmcgfSkge1xuICAgIGlmICghcGF0aC5lbmRzV2l0aCgnLmpzJykgfHwgdGVyc2VyID09PSB1bmRlZmluZWQpIHJldHVybiB1bmRlZmluZWRcbiAgICBjb25zdCBvcHRpb25zID0geyBtb2R1bGU6IHRydWUsIG1hbmdsZTogZmFsc2UsIGNvbXByZXNzOiBDT01QUkVTUywgZm9ybWF0OiB7IGJlYXV0aWZ5OiB0cnVlLCBwcmVzZXJ2ZV9hbm5vdGF0aW9uczogdHJ1ZSB9IH1cbiAgICBjb25zdCBzaW1wbGUgPSBhd2FpdCB0ZXJzZXIubWluaWZ5KGNvZGUsIG9wdGlvbnMpXG4gICAgcmV0dXJuIHsgY29kZTogb3JkZXJEZWNsYXJhdGlvbnMoc2ltcGxlLmNvZGUhKSB9XG4gIH0sXG59XG5cbmZ1bmN0aW9uIHRleHRzV2l0aChlZGl0c09mOiAoZmlsZTogU291cmNlRmlsZSkgPT4gcmVhZG9ubHkgRWRpdFtdIHwgdW5kZWZpbmVkKTogTWFwPHN0cmluZywgc3RyaW5nPiB7XG4gIGNvbnN0IHRleHRzID0gbmV3IE1hcDxzdHJpbmcsIHN0cmluZz4oKVxuICBmb3IgKGNvbnN0IGZpbGUgb2Ygc291cmNlcy5maWxlcykge1xuICAgIGNvbnN0IGVkaXRzID0gZWRpdHNPZihmaWxlKVxuICAgIGlmIChlZGl0cz8ubGVuZ3RoKSB0ZXh0cy5zZXQoZmlsZS5maWxlTmFtZSwgZWRpdGVkKGZpbGUudGV4dCwgZWRpdHMpKVxuICB9XG4gIHJldHVybiB0ZXh0c1xufVxuXG5leHBvcnQgZGVmYXVsdCBkZWZpbmVDb25maWcoW1xuICB7XG4gICAgZW50cnk6IHsgLi4uZW50cnksIC4uLmRldmVsb3BtZW50LCAuLi5wbGF0Zm9ybXMsIHZlbmRvcjogJ3NyYy9wbGF0Zm9ybS92ZW5kb3IudHMnLCBjbGk6ICdzcmMvbm9kZS9jbGkudHMnIH0sXG4gICAgZm9ybWF0OiAnZXNtJyxcbiAgICB0YXJnZXQ6ICdlczIwMjInLFxuICAgIHBsYXRmb3JtOiAnbmV1dHJhbCcsXG4gICAgLy8gT25lIGNsYXNzIFAyUEVycm9yIGZvciBhbGwgZW50cnkgcG9pbnRzLCBzbyB0aGF0IGBpbnN0YW5jZW9mYCBob2xkcyBiZXR3ZWVuIHRoZW0uXG4gICAgc3BsaXR0aW5nOiB0cnVlLFxuICAgIGR0czogeyBlbnRyeSB9LFxuICAgIG91dERpcjogJ2Rpc3QnLFxuICAgIGV4dGVybmFsOiBbL15ub2RlOi9dLFxuICAgIG5vRXh0ZXJuYWw6IFtWRU5ET1JdLFxuICAgIGVzYnVpbGRQbHVnaW5zOiBbcGxhdGZvcm1CeUNvbmRpdGlvbiwgdmVuZG9yQnlDb25kaXRpb24sIHRlc3RlciwgcmV3cml0dGVuXSxcbiAgICBlc2J1aWxkT3B0aW9uczogc2hvcnQsXG4gICAgcGx1Z2luczogW3NpbXBsZXJdLFxuICB9LFxuICB7XG4gICAgZW50cnk6IHsgJ3ZlbmRvci1ub2RlJzogJ3NyYy9wbGF0Zm9ybS92ZW5kb3IudHMnIH0sXG4gICAgZm9ybWF0OiAnZXNtJyxcbiAgICB0YXJnZXQ6ICdlczIwMjInLFxuICAgIHBsYXRmb3JtOiAnbmV1dHJhbCcsXG4gICAgb3V0RGlyOiAnZGlzdCcsXG4gICAgbm9FeHRlcm5hbDogWy8uKi9dLFxuICAgIGVzYnVpbGRPcHRpb25zKG9wdGlvbnMpIHtcbiAgICAgIC8vIG5hbm9pZCdzIGhhbGYgZm9yIE5vZGUgbG9hZHMgYWxsIG9mIFdlYkNyeXB0bydzIEphdmFTY3JpcHQgZm9yIG9uZSBmdW5jdGlvbiB0aGF0IGlzIGdsb2JhbCBhbnl3YXkuXG4gICAgICBvcHRpb25zLmNvbmRpdGlvbnMgPSBbJ2Jyb3dzZXInXVxuICAgIH0sXG4gIH0sXG4gIHtcbiAgICAvLyBJdCBzaGFyZXMgbm90aGluZyB3aXRoIHRoZSBvdGhlcnMsIHdob3NlIG5hbWVzIGFyZSBzaG9ydC5cbiAgICBlbnRyeTogeyBjb25mb3JtOiAnc3JjL25vZGUvY29uZm9ybS9jb21tYW5kLnRzJyB9LFxuICAgIGZvcm1hdDogJ2VzbScsXG4gICAgdGFyZ2V0OiAnZXMyMDIyJyxcbiAgICBwbGF0Zm9ybTogJ25vZGUnLFxuICAgIHNwbGl0dGluZzogZmFsc2UsXG4gICAgb3V0RGlyOiAnZGlzdCcsXG4gICAgZXNidWlsZFBsdWdpbnM6IFtwbGF0Zm9ybSh7IHBhdGg6IHJvb3QoJ3NyYy9wbGF0Zm9ybS9ub2RlLnRzJykgfSldLFxuICB9LFxuICB7XG4gICAgZW50cnk6IHsgLi4uZW50cnksIC4uLmRldmVsb3BtZW50LCAuLi5wbGF0Zm9ybXMgfSxcbiAgICBmb3JtYXQ6ICdjanMnLFxuICAgIHRhcmdldDogJ2VzMjAyMicsXG4gICAgcGxhdGZvcm06ICduZXV0cmFsJyxcbiAgICBzcGxpdHRpbmc6IHRydWUsXG4gICAgb3V0RGlyOiAnZGlzdCcsXG4gICAgb3V0RXh0ZW5zaW9uOiAoKSA9PiAoeyBqczogJy5janMnIH0pLFxuICAgIGV4dGVybmFsOiBbL15ub2RlOi9dLFxuICAgIC8vIFRoZXNlIHNoaXAgYXMgRVMgbW9kdWxlcyBvbmx5LCB3aGljaCBgcmVxdWlyZWAgb2YgTm9kZSAyMC4xOSB0YWtlczsgb2xkZXIgYnVuZGxlcnMgZ2V0IHRoZW0gaW5saW5lZC5cbiAgICBub0V4dGVybmFsOiBbL15Abm9ibGVcXC8vLCAnbmFub2lkJywgJ2lkYi1rZXl2YWwnXSxcbiAgICBlc2J1aWxkUGx1Z2luczogW3BsYXRmb3JtQnlDb25kaXRpb24sIHJld3JpdHRlbl0sXG4gICAgZXNidWlsZE9wdGlvbnMob3B0aW9ucykge1xuICAgICAgc2hvcnQob3B0aW9ucylcbiAgICAgIC8vIEJ1bmRsZXJzIGZvciBicm93c2VycyB0YWtlIGl0IHRvbywgYW5kIGZpbmQgbm8gYGNyeXB0b2Agb2YgTm9kZSwgd2hpY2ggbmFub2lkJ3MgaGFsZiBmb3IgTm9kZSBhc2tzIGZvci5cbiAgICAgIG9wdGlvbnMuY29uZGl0aW9ucyA9IFsnYnJvd3NlciddXG4gICAgfSxcbiAgfSxcbiAge1xuICAgIGVudHJ5OiB7ICdsb3R1cy1wMnAnOiAnc3JjL2luZGV4LmRldmVsb3BtZW50LnRzJywgJ2xvdHVzLXAycC1hbGwnOiAnc3JjL2FsbC5kZXZlbG9wbWVudC50cycgfSxcbiAgICBmb3JtYXQ6ICdpaWZlJyxcbiAgICBnbG9iYWxOYW1lOiAnTG90dXNQMlAnLFxuICAgIHRhcmdldDogJ2VzMjAyMicsXG4gICAgcGxhdGZvcm06ICdicm93c2VyJyxcbiAgICBtaW5pZnk6IHRydWUsXG4gICAgb3V0RGlyOiAnZGlzdCcsXG4gICAgb3V0RXh0ZW5zaW9uOiAoKSA9PiAoeyBqczogJy5nbG9iYWwuanMnIH0pLFxuICAgIG5vRXh0ZXJuYWw6IFsvLiovXSxcbiAgICBlc2J1aWxkUGx1Z2luczogW3BsYXRmb3JtKHsgcGF0aDogcm9vdCgnc3JjL3BsYXRmb3JtL2Jyb3dzZXIudHMnKSB9KSwgcmV3cml0dGVuXSxcbiAgICBlc2J1aWxkT3B0aW9ucyhvcHRpb25zKSB7XG4gICAgICBzaG9ydChvcHRpb25zKVxuICAgICAgb3B0aW9ucy5tYWluRmllbGRzID0gWydicm93c2VyJywgJ21vZHVsZScsICdtYWluJ11cbiAgICB9LFxuICB9LFxuICB7XG4gICAgLy8gT25lIGZpbGUgZm9yIG1vZHVsZSBhbmQgY2xhc3NpYyB3b3JrZXJzIGFsaWtlOiBpdCBpbXBvcnRzIGFuZCBleHBvcnRzIG5vdGhpbmcuXG4gICAgZW50cnk6IHsgJ3Bvdy13b3JrZXInOiAnc3JjL3BsdWdpbnMvcHJvb2Ytb2Ytd29yay9wb3ctd29ya2VyLnRzJyB9LFxuICAgIGZvcm1hdDogJ2lpZmUnLFxuICAgIHRhcmdldDogJ2VzMjAyMicsXG4gICAgcGxhdGZvcm06ICdicm93c2VyJyxcbiAgICBtaW5pZnk6IHRydWUsXG4gICAgb3V0RGlyOiAnZGlzdCcsXG4gICAgb3V0RXh0ZW5zaW9uOiAoKSA9PiAoeyBqczogJy5qcycgfSksXG4gIH0sXG5dKVxuIiwgImNvbnN0IF9faW5qZWN0ZWRfZmlsZW5hbWVfXyA9IFwiL3dvcmsvd3Qvb3BlcmF0ZS9idWlsZC9jb25zdGFudHMudHNcIjtjb25zdCBfX2luamVjdGVkX2Rpcm5hbWVfXyA9IFwiL3dvcmsvd3Qvb3BlcmF0ZS9idWlsZFwiO2NvbnN0IF9faW5qZWN0ZWRfaW1wb3J0X21ldGFfdXJsX18gPSBcImZpbGU6Ly8vd29yay93dC9vcGVyYXRlL2J1aWxkL2NvbnN0YW50cy50c1wiO2ltcG9ydCB0cyBmcm9tICd0eXBlc2NyaXB0J1xuaW1wb3J0IHR5cGUgeyBFZGl0IH0gZnJvbSAnLi9lZGl0cy5qcydcbmltcG9ydCB0eXBlIHsgU291cmNlcyB9IGZyb20gJy4vcHJvZ3JhbS5qcydcblxuLyoqXG4gKiBXcml0ZXMgYXJpdGhtZXRpYyBvZiBjb25zdGFudHMgdGhhdCBpcyBkb25lIHdoZW4gYSBtb2R1bGUgbG9hZHMgYXMgd2hhdCBpdCBjb21lcyB0bzogYGNvbnN0IExJTUlUID0gMiAqIEZSQU1FX0JZVEVTICsgMTZgIGJlY29tZXNcbiAqIGBjb25zdCBMSU1JVCA9IDIwNjRgLiBBIGJ1bmRsZXIgZHJvcHMgYSBsaXRlcmFsIHRoYXQgbm9ib2R5IHVzZXM7IGFyaXRobWV0aWMgc3RheXMgaW4gZWFjaCBidW5kbGUsIGZvciBpdCBkb2VzIG5vdCBrbm93IHRoYXQgdGhlXG4gKiBwYXJ0cyBhcmUgbnVtYmVycy5cbiAqL1xuZXhwb3J0IGZ1bmN0aW9uIGZvbGRDb25zdGFudHMoeyBjaGVja2VyLCBmaWxlcyB9OiBTb3VyY2VzKTogTWFwPHN0cmluZywgRWRpdFtdPiB7XG4gIGNvbnN0IGVkaXRzID0gbmV3IE1hcDxzdHJpbmcsIEVkaXRbXT4oKVxuICBjb25zdCBpbmZpbml0aWVzID0gKG5vZGU6IHRzLk5vZGUsIGZvdW5kOiBFZGl0W10pOiB2b2lkID0+IHtcbiAgICBpZiAodHMuaXNQcm9wZXJ0eUFjY2Vzc0V4cHJlc3Npb24obm9kZSkgJiYgbm9kZS5nZXRUZXh0KCkgPT09ICdOdW1iZXIuTkVHQVRJVkVfSU5GSU5JVFknKSB7XG4gICAgICBmb3VuZC5wdXNoKHsgc3RhcnQ6IG5vZGUuZ2V0U3RhcnQoKSwgZW5kOiBub2RlLmVuZCwgdGV4dDogJy1JbmZpbml0eScgfSlcbiAgICB9IGVsc2UgdHMuZm9yRWFjaENoaWxkKG5vZGUsIChjaGlsZCkgPT4gaW5maW5pdGllcyhjaGlsZCwgZm91bmQpKVxuICB9XG4gIGNvbnN0IHZpc2l0ID0gKG5vZGU6IHRzLk5vZGUsIGZvdW5kOiBFZGl0W10pOiB2b2lkID0+IHtcbiAgICBpZiAodHMuaXNGdW5jdGlvbkxpa2Uobm9kZSkgfHwgdHMuaXNDbGFzc0xpa2Uobm9kZSkgfHwgdHMuaXNUeXBlTm9kZShub2RlKSkgcmV0dXJuXG4gICAgY29uc3QgdmFsdWUgPSB0cy5pc0JpbmFyeUV4cHJlc3Npb24obm9kZSkgPyBhbW91bnRPZihub2RlLCBjaGVja2VyKSA6IHVuZGVmaW5lZFxuICAgIGlmICh2YWx1ZSA9PT0gdW5kZWZpbmVkKSB0cy5mb3JFYWNoQ2hpbGQobm9kZSwgKGNoaWxkKSA9PiB2aXNpdChjaGlsZCwgZm91bmQpKVxuICAgIGVsc2UgZm91bmQucHVzaCh7IHN0YXJ0OiBub2RlLmdldFN0YXJ0KCksIGVuZDogbm9kZS5lbmQsIHRleHQ6IGxpdGVyYWwodmFsdWUpIH0pXG4gIH1cbiAgZm9yIChjb25zdCBmaWxlIG9mIGZpbGVzKSB7XG4gICAgY29uc3QgZm91bmQ6IEVkaXRbXSA9IFtdXG4gICAgaW5maW5pdGllcyhmaWxlLCBmb3VuZClcbiAgICBmb3IgKGNvbnN0IHN0YXRlbWVudCBvZiBmaWxlLnN0YXRlbWVudHMpIGlmICh0cy5pc1ZhcmlhYmxlU3RhdGVtZW50KHN0YXRlbWVudCkpIHZpc2l0KHN0YXRlbWVudCwgZm91bmQpXG4gICAgZWRpdHMuc2V0KGZpbGUuZmlsZU5hbWUsIGZvdW5kKVxuICB9XG4gIHJldHVybiBlZGl0c1xufVxuXG4vKiogUHJpbWVzIG5lYXIgYSBwb3dlciBvZiB0d28gaGF2ZSBkaWdpdHMgdGhhdCByZXBlYXQgaW4gYmFzZSAxNiwgc28gdGhleSBjb21wcmVzcy4gKi9cbmZ1bmN0aW9uIGxpdGVyYWwodmFsdWU6IG51bWJlciB8IGJpZ2ludCk6IHN0cmluZyB7XG4gIGlmICh0eXBlb2YgdmFsdWUgIT09ICdiaWdpbnQnKSByZXR1cm4gYCR7dmFsdWV9YFxuICByZXR1cm4gdmFsdWUgPCAwbiA/IGAtJHtsaXRlcmFsKC12YWx1ZSl9YCA6IGAweCR7dmFsdWUudG9TdHJpbmcoMTYpfW5gXG59XG5cbi8qKiBXaGF0IGFuIGV4cHJlc3Npb24gb2YgbGl0ZXJhbHMgYW5kIGNvbnN0YW50cyBjb21lcyB0bzsgdW5kZWZpbmVkIGZvciBhbnkgb3RoZXIuICovXG5leHBvcnQgZnVuY3Rpb24gYW1vdW50T2Yobm9kZTogdHMuRXhwcmVzc2lvbiwgY2hlY2tlcjogdHMuVHlwZUNoZWNrZXIpOiBudW1iZXIgfCBiaWdpbnQgfCB1bmRlZmluZWQge1xuICBpZiAodHMuaXNOdW1lcmljTGl0ZXJhbChub2RlKSkgcmV0dXJuIE51bWJlcihub2RlLnRleHQpXG4gIGlmICh0cy5pc0JpZ0ludExpdGVyYWwobm9kZSkpIHJldHVybiBCaWdJbnQobm9kZS50ZXh0LnNsaWNlKDAsIC0xKSlcbiAgaWYgKHRzLmlzUGFyZW50aGVzaXplZEV4cHJlc3Npb24obm9kZSkpIHJldHVybiBhbW91bnRPZihub2RlLmV4cHJlc3Npb24sIGNoZWNrZXIpXG4gIGlmICh0cy5pc0lkZW50aWZpZXIobm9kZSkpIHtcbiAgICBjb25zdCBpbml0aWFsaXplciA9IGluaXRpYWxpemVyT2Yobm9kZSwgY2hlY2tlcilcbiAgICByZXR1cm4gaW5pdGlhbGl6ZXIgJiYgYW1vdW50T2YoaW5pdGlhbGl6ZXIsIGNoZWNrZXIpXG4gIH1cbiAgaWYgKHRzLmlzUHJlZml4VW5hcnlFeHByZXNzaW9uKG5vZGUpICYmIG5vZGUub3BlcmF0b3IgPT09IHRzLlN5bnRheEtpbmQuTWludXNUb2tlbikge1xuICAgIGNvbnN0IHZhbHVlID0gYW1vdW50T2Yobm9kZS5vcGVyYW5kLCBjaGVja2VyKVxuICAgIHJldHVybiB2YWx1ZSA9PT0gdW5kZWZpbmVkID8gdW5kZWZpbmVkIDogLXZhbHVlXG4gIH1cbiAgaWYgKCF0cy5pc0JpbmFyeUV4cHJlc3Npb24obm9kZSkpIHJldHVybiB1bmRlZmluZWRcbiAgY29uc3QgbGVmdCA9IGFtb3VudE9mKG5vZGUubGVmdCwgY2hlY2tlcilcbiAgY29uc3QgcmlnaHQgPSBhbW91bnRPZihub2RlLnJpZ2h0LCBjaGVja2VyKVxuICBpZiAobGVmdCA9PT0gdW5kZWZpbmVkIHx8IHR5cGVvZiBsZWZ0ICE9PSB0eXBlb2YgcmlnaHQpIHJldHVybiB1bmRlZmluZWRcbiAgLy8gQm90aCBhcmUgb2Ygb25lIHR5cGUsIHdoaWNoIGlzIGFsbCB0aGF0IHRoZSBvcGVyYXRvcnMgYXNrIGZvci5cbiAgcmV0dXJuIGNhbGN1bGF0ZShub2RlLm9wZXJhdG9yVG9rZW4ua2luZCwgbGVmdCBhcyBudW1iZXIsIHJpZ2h0IGFzIG51bWJlcilcbn1cblxuZnVuY3Rpb24gY2FsY3VsYXRlKG9wZXJhdG9yOiB0cy5TeW50YXhLaW5kLCBsZWZ0OiBudW1iZXIsIHJpZ2h0OiBudW1iZXIpOiBudW1iZXIgfCB1bmRlZmluZWQge1xuICBzd2l0Y2ggKG9wZXJhdG9yKSB7XG4gICAgY2FzZSB0cy5TeW50YXhLaW5kLlBsdXNUb2tlbjpcbiAgICAgIHJldHVybiBsZWZ0ICsgcmlnaHRcbiAgICBjYXNlIHRzLlN5bnRheEtpbmQuTWludXNUb2tlbjpcbiAgICAgIHJldHVybiBsZWZ0IC0gcmlnaHRcbiAgICBjYXNlIHRzLlN5bnRheEtpbmQuQXN0ZXJpc2tUb2tlbjpcbiAgICAgIHJldHVybiBsZWZ0ICogcmlnaHRcbiAgICBjYXNlIHRzLlN5bnRheEtpbmQuQXN0ZXJpc2tBc3Rlcmlza1Rva2VuOlxuICAgICAgcmV0dXJuIGxlZnQgKiogcmlnaHRcbiAgICBjYXNlIHRzLlN5bnRheEtpbmQuTGVzc1RoYW5MZXNzVGhhblRva2VuOlxuICAgICAgcmV0dXJuIGxlZnQgPDwgcmlnaHRcbiAgICBkZWZhdWx0OlxuICAgICAgcmV0dXJuIHVuZGVmaW5lZFxuICB9XG59XG5cbi8qKiBXaGF0IGEgY29uc3RhbnQgaXMgZGVjbGFyZWQgd2l0aC4gKi9cbmZ1bmN0aW9uIGluaXRpYWxpemVyT2YobmFtZTogdHMuSWRlbnRpZmllciwgY2hlY2tlcjogdHMuVHlwZUNoZWNrZXIpOiB0cy5FeHByZXNzaW9uIHwgdW5kZWZpbmVkIHtcbiAgY29uc3Qgc3ltYm9sID0gY2hlY2tlci5nZXRTeW1ib2xBdExvY2F0aW9uKG5hbWUpXG4gIGNvbnN0IHRhcmdldCA9IHN5bWJvbCAmJiBzeW1ib2wuZmxhZ3MgJiB0cy5TeW1ib2xGbGFncy5BbGlhcyA/IGNoZWNrZXIuZ2V0QWxpYXNlZFN5bWJvbChzeW1ib2wpIDogc3ltYm9sXG4gIGNvbnN0IGRlY2xhcmF0aW9uID0gdGFyZ2V0Py52YWx1ZURlY2xhcmF0aW9uXG4gIGNvbnN0IGlzQ29uc3RhbnQgPVxuICAgIGRlY2xhcmF0aW9uICYmIHRzLmlzVmFyaWFibGVEZWNsYXJhdGlvbihkZWNsYXJhdGlvbikgJiYgdHMuZ2V0Q29tYmluZWROb2RlRmxhZ3MoZGVjbGFyYXRpb24pICYgdHMuTm9kZUZsYWdzLkNvbnN0XG4gIHJldHVybiBpc0NvbnN0YW50ID8gZGVjbGFyYXRpb24uaW5pdGlhbGl6ZXIgOiB1bmRlZmluZWRcbn1cbiIsICJjb25zdCBfX2luamVjdGVkX2ZpbGVuYW1lX18gPSBcIi93b3JrL3d0L29wZXJhdGUvYnVpbGQvZGVjbGFyYXRpb24tb3JkZXIudHNcIjtjb25zdCBfX2luamVjdGVkX2Rpcm5hbWVfXyA9IFwiL3dvcmsvd3Qvb3BlcmF0ZS9idWlsZFwiO2NvbnN0IF9faW5qZWN0ZWRfaW1wb3J0X21ldGFfdXJsX18gPSBcImZpbGU6Ly8vd29yay93dC9vcGVyYXRlL2J1aWxkL2RlY2xhcmF0aW9uLW9yZGVyLnRzXCI7aW1wb3J0IHsgZ3ppcFN5bmMgfSBmcm9tICdub2RlOnpsaWInXG5pbXBvcnQgeyB0cmFuc2Zvcm1TeW5jIH0gZnJvbSAnZXNidWlsZCdcbmltcG9ydCB0cyBmcm9tICd0eXBlc2NyaXB0J1xuXG4vKiogSG93IGZhciBiYWNrIGd6aXAgbG9va3MgZm9yIGEgdGV4dCB0aGF0IGl0IGNhbiByZXBlYXQuICovXG5jb25zdCBXSU5ET1dfQllURVMgPSAzMl83Njhcbi8qKiBUZXh0cyBhcmUgY29tcGFyZWQgYnkgdGhlaXIgcnVucyBvZiBzbyBtYW55IGNoYXJhY3RlcnMuICovXG5jb25zdCBSVU5fTEVOR1RIID0gN1xuLyoqXG4gKiBIb3cgbXVjaCBhIHNob3J0IGRlY2xhcmF0aW9uIGdvZXMgYmVmb3JlIGEgbG9uZyBvbmUgb2Ygd2hpY2ggYXMgbGFyZ2UgYSBzaGFyZSBzdGFuZHMgaW4gdGhlIHdpbmRvdzogd2l0aCAxIG5vdCBhdCBhbGwsIHdpdGggbGVzc1xuICogdGhlIGxvbmcgb25lIGdvZXMgZmlyc3QuIFdoaWNoIG9uZSBpcyBiZXN0IGNoYW5nZXMgd2l0aCBldmVyeSBmZXcgbGluZXMgb2YgdGhlIHNvdXJjZXMsIHNvIHRoYXQgZWFjaCBpcyB0cmllZC5cbiAqL1xuY29uc3QgRVhQT05FTlRTID0gWzAuODgsIDAuOSwgMC45MiwgMC45NCwgMC45NiwgMV1cblxuaW50ZXJmYWNlIERlY2xhcmF0aW9uIHtcbiAgcmVhZG9ubHkgbmFtZTogc3RyaW5nXG4gIHJlYWRvbmx5IHRleHQ6IHN0cmluZ1xuICAvKiogTmFtZXMgdGhhdCBhcmUgcmVhZCB3aGVuIHRoZSBtb2R1bGUgbG9hZHM7IG5vbmUgZm9yIGEgZnVuY3Rpb24uICovXG4gIHJlYWRvbmx5IHJlYWRzOiBSZWFkb25seVNldDxzdHJpbmc+XG4gIC8qKiBBbGwgbmFtZXMgaW4gaXQuICovXG4gIHJlYWRvbmx5IG1lbnRpb25zOiBSZWFkb25seVNldDxzdHJpbmc+XG59XG5cbi8qKlxuICogT3JkZXJzIHRoZSBkZWNsYXJhdGlvbnMgb2YgYSBtb2R1bGUgc28gdGhhdCB0aG9zZSB0aGF0IGxvb2sgYWxpa2Ugc3RhbmQgbmVhciBlYWNoIG90aGVyLiBBIGJ1bmRsZSBpcyBzZXZlcmFsIHRpbWVzIGxvbmdlciB0aGFuIHRoZVxuICogd2luZG93IG9mIGd6aXAsIHNvIHRoaXMgbWFrZXMgaXQgYSBmaWZ0aWV0aCBzaG9ydGVyLiBUaGUgbmV4dCBkZWNsYXJhdGlvbiBpcyB0aGUgb25lIG9mIHdoaWNoIG1vc3Qgc3RhbmRzIGluIHRoZSB3aW5kb3cgYWxyZWFkeTtcbiAqIHdoYXQgZmV3IGRlY2xhcmF0aW9ucyBoYXZlIGNvdW50cyBmb3IgbW9yZS5cbiAqXG4gKiBBIGZ1bmN0aW9uIG1heSBzdGFuZCBhbnl3aGVyZS4gQW5vdGhlciBkZWNsYXJhdGlvbiBjb21lcyBiZWhpbmQgYWxsIHRoYXQgbWF5IGJlIHJlYWQgd2hlbiBpdCBpcyBldmFsdWF0ZWQuIEEgbW9kdWxlIHdpdGggc3RhdGVtZW50c1xuICogdGhhdCBhcmUgbm8gZGVjbGFyYXRpb25zIHN0YXlzIGFzIGl0IGlzLlxuICovXG5leHBvcnQgZnVuY3Rpb24gb3JkZXJEZWNsYXJhdGlvbnMoY29kZTogc3RyaW5nKTogc3RyaW5nIHtcbiAgY29uc3QgeyBzdGF0ZW1lbnRzIH0gPSBwYXJzZWQoY29kZSlcbiAgY29uc3QgaW1wb3J0czogc3RyaW5nW10gPSBbXVxuICBjb25zdCBleHBvcnRzOiBzdHJpbmdbXSA9IFtdXG4gIGNvbnN0IGRlY2xhcmF0aW9uczogRGVjbGFyYXRpb25bXSA9IFtdXG4gIGZvciAoY29uc3Qgc3RhdGVtZW50IG9mIHN0YXRlbWVudHMpIHtcbiAgICBjb25zdCB0ZXh0ID0gc3RhdGVtZW50LmdldEZ1bGxUZXh0KCkudHJpbSgpXG4gICAgaWYgKHRzLmlzSW1wb3J0RGVjbGFyYXRpb24oc3RhdGVtZW50KSkgaW1wb3J0cy5wdXNoKHRleHQpXG4gICAgZWxzZSBpZiAodHMuaXNFeHBvcnREZWNsYXJhdGlvbihzdGF0ZW1lbnQpKSBleHBvcnRzLnB1c2godGV4dClcbiAgICBlbHNlIGlmICh0cy5pc0Z1bmN0aW9uRGVjbGFyYXRpb24oc3RhdGVtZW50KSlcbiAgICAgIGRlY2xhcmF0aW9ucy5wdXNoKHsgLi4ubmFtZXNJbihzdGF0ZW1lbnQpLCBuYW1lOiBzdGF0ZW1lbnQubmFtZSEudGV4dCwgdGV4dCwgcmVhZHM6IG5ldyBTZXQoKSB9KVxuICAgIGVsc2UgaWYgKHRzLmlzVmFyaWFibGVTdGF0ZW1lbnQoc3RhdGVtZW50KSkgZGVjbGFyYXRpb25zLnB1c2goLi4udmFyaWFibGVzKHN0YXRlbWVudCkpXG4gICAgZWxzZSByZXR1cm4gY29kZVxuICB9XG4gIGNvbnN0IG9yZGVyID0gYWxpa2UoZGVjbGFyYXRpb25zKVxuICByZXR1cm4gWy4uLmltcG9ydHMsIC4uLm9yZGVyLm1hcCgoaW5kZXgpID0+IGRlY2xhcmF0aW9uc1tpbmRleF0hLnRleHQpLCAuLi5leHBvcnRzXS5qb2luKCdcXG4nKVxufVxuXG5mdW5jdGlvbiB2YXJpYWJsZXMoeyBkZWNsYXJhdGlvbkxpc3QgfTogdHMuVmFyaWFibGVTdGF0ZW1lbnQpOiBEZWNsYXJhdGlvbltdIHtcbiAgY29uc3Qga2luZCA9IGRlY2xhcmF0aW9uTGlzdC5mbGFncyAmIHRzLk5vZGVGbGFncy5Db25zdCA/ICdjb25zdCcgOiBkZWNsYXJhdGlvbkxpc3QuZmxhZ3MgJiB0cy5Ob2RlRmxhZ3MuTGV0ID8gJ2xldCcgOiAndmFyJ1xuICByZXR1cm4gZGVjbGFyYXRpb25MaXN0LmRlY2xhcmF0aW9ucy5tYXAoKHBhcnQpID0+IHtcbiAgICByZXR1cm4geyAuLi5uYW1lc0luKHBhcnQpLCBuYW1lOiBwYXJ0Lm5hbWUuZ2V0VGV4dCgpLCB0ZXh0OiBgJHtraW5kfSAke3BhcnQuZ2V0VGV4dCgpfTtgIH1cbiAgfSlcbn1cblxuZnVuY3Rpb24gbmFtZXNJbihkZWNsYXJhdGlvbjogdHMuRnVuY3Rpb25EZWNsYXJhdGlvbiB8IHRzLlZhcmlhYmxlRGVjbGFyYXRpb24pOiBQaWNrPERlY2xhcmF0aW9uLCAncmVhZHMnIHwgJ21lbnRpb25zJz4ge1xuICBjb25zdCByZWFkcyA9IG5ldyBTZXQ8c3RyaW5nPigpXG4gIGNvbnN0IG1lbnRpb25zID0gbmV3IFNldDxzdHJpbmc+KClcbiAgY29uc3QgdmlzaXQgPSAobm9kZTogdHMuTm9kZSwgaXNMYXRlcjogYm9vbGVhbik6IHZvaWQgPT4ge1xuICAgIGlmICh0cy5pc0lkZW50aWZpZXIobm9kZSkpIHtcbiAgICAgIG1lbnRpb25zLmFkZChub2RlLnRleHQpXG4gICAgICBpZiAoIWlzTGF0ZXIpIHJlYWRzLmFkZChub2RlLnRleHQpXG4gICAgfVxuICAgIC8vIFRoZSBjb21wdXRlZCBuYW1lIG9mIGEgbWVtYmVyIGlzIHJlYWQgd2hlbiBpdHMgY2xhc3MgaXMgbWFkZS5cbiAgICB0cy5mb3JFYWNoQ2hpbGQobm9kZSwgKGNoaWxkKSA9PiB2aXNpdChjaGlsZCwgaXNMYXRlciB8fCAocnVuc0xhdGVyKG5vZGUpICYmICF0cy5pc0NvbXB1dGVkUHJvcGVydHlOYW1lKGNoaWxkKSkpKVxuICB9XG4gIHZpc2l0KGRlY2xhcmF0aW9uLCBmYWxzZSlcbiAgcmV0dXJuIHsgcmVhZHMsIG1lbnRpb25zIH1cbn1cblxuLyoqIFdoZXRoZXIgYSBub2RlIHJ1bnMgb25jZSBzb21lYm9keSBjYWxscyBpdC4gQSBmdW5jdGlvbiB3aXRoaW4gYW4gZXhwcmVzc2lvbiBtYXkgYmUgY2FsbGVkIHdoZXJlIGl0IHN0YW5kcy4gKi9cbmZ1bmN0aW9uIHJ1bnNMYXRlcihub2RlOiB0cy5Ob2RlKTogYm9vbGVhbiB7XG4gIGlmICghdHMuaXNGdW5jdGlvbkxpa2Uobm9kZSkpIHJldHVybiBmYWxzZVxuICByZXR1cm4gdHMuaXNGdW5jdGlvbkRlY2xhcmF0aW9uKG5vZGUpIHx8IHRzLmlzQ2xhc3NMaWtlKG5vZGUucGFyZW50KSB8fCB0cy5pc1ZhcmlhYmxlRGVjbGFyYXRpb24obm9kZS5wYXJlbnQpXG59XG5cbi8qKiBUaGUgcGxhY2VzIG9mIGRlY2xhcmF0aW9ucywgaW4gdGhlIG9yZGVyIGluIHdoaWNoIHRoZXkgYXJlIHRvIHN0YW5kLiAqL1xuZnVuY3Rpb24gYWxpa2UoYWxsOiByZWFkb25seSBEZWNsYXJhdGlvbltdKTogbnVtYmVyW10ge1xuICBjb25zdCBuZWVkcyA9IG5lZWRzT2YoYWxsKVxuICBjb25zdCB0ZXh0cyA9IG1pbmlmaWVkKGFsbClcbiAgY29uc3Qgb3JkZXJzID0gRVhQT05FTlRTLm1hcCgoZXhwb25lbnQpID0+IG9yZGVyQnkobmV3IFdpbmRvdyh0ZXh0cywgZXhwb25lbnQpLCBuZWVkcykpXG4gIGNvbnN0IGJ5dGVzT2YgPSAob3JkZXI6IHJlYWRvbmx5IG51bWJlcltdKSA9PiBnemlwU3luYyhvcmRlci5tYXAoKGluZGV4KSA9PiB0ZXh0c1tpbmRleF0hKS5qb2luKCc7JyksIHsgbGV2ZWw6IDkgfSkubGVuZ3RoXG4gIHJldHVybiBvcmRlcnMucmVkdWNlKChiZXN0LCBvcmRlcikgPT4gKGJ5dGVzT2Yob3JkZXIpIDwgYnl0ZXNPZihiZXN0KSA/IG9yZGVyIDogYmVzdCkpXG59XG5cbmZ1bmN0aW9uIG9yZGVyQnkod2luZG93OiBXaW5kb3csIG5lZWRzOiByZWFkb25seSBSZWFkb25seVNldDxudW1iZXI+W10pOiBudW1iZXJbXSB7XG4gIGNvbnN0IGxlZnQgPSBuZXcgU2V0KG5lZWRzLmtleXMoKSlcbiAgY29uc3Qgb3JkZXI6IG51bWJlcltdID0gW11cbiAgd2hpbGUgKGxlZnQuc2l6ZSA+IDApIHtcbiAgICBjb25zdCBmcmVlID0gWy4uLmxlZnRdLmZpbHRlcigoaW5kZXgpID0+ICFbLi4ubmVlZHNbaW5kZXhdIV0uc29tZSgobmVlZCkgPT4gbGVmdC5oYXMobmVlZCkpKVxuICAgIC8vIEluIGEgY2lyY2xlIG9mIHdoYXQgb25seSBtaWdodCBiZSByZWFkLCB0aGUgZmlyc3Qgb25lIHJlYWRzIG5vdGhpbmcgb2YgdGhlIG90aGVyczogc28gdGhleSBzdG9vZC5cbiAgICBjb25zdCBuZXh0ID1cbiAgICAgIGZyZWUubGVuZ3RoID09PSAwXG4gICAgICAgID8gTWF0aC5taW4oLi4ubGVmdClcbiAgICAgICAgOiBmcmVlLnJlZHVjZSgoYmVzdCwgaW5kZXgpID0+ICh3aW5kb3cuc2hhcmUoaW5kZXgpID4gd2luZG93LnNoYXJlKGJlc3QpID8gaW5kZXggOiBiZXN0KSlcbiAgICBsZWZ0LmRlbGV0ZShuZXh0KVxuICAgIG9yZGVyLnB1c2gobmV4dClcbiAgICB3aW5kb3cucHVzaChuZXh0KVxuICB9XG4gIHJldHVybiBvcmRlclxufVxuXG4vKiogV2hhdCBtYXkgYmUgcmVhZCB3aGVuIGVhY2ggZGVjbGFyYXRpb24gaXMgZXZhbHVhdGVkOiB3aGF0IGl0IG5hbWVzLCBhbmQgd2hhdCB0aGF0IG1lbnRpb25zLCBmb3IgaXQgbWF5IGJlIGNhbGxlZC4gKi9cbmZ1bmN0aW9uIG5lZWRzT2YoYWxsOiByZWFkb25seSBEZWNsYXJhdGlvbltdKTogUmVhZG9ubHlTZXQ8bnVtYmVyPltdIHtcbiAgY29uc3QgcGxhY2VzID0gbmV3IE1hcChhbGwubWFwKCh7IG5hbWUgfSwgaW5kZXgpID0+IFtuYW1lLCBpbmRleF0pKVxuICByZXR1cm4gYWxsLm1hcCgoeyByZWFkcyB9LCBvd24pID0+IHtcbiAgICBjb25zdCBuZWVkcyA9IG5ldyBTZXQ8bnVtYmVyPigpXG4gICAgY29uc3QgZm9sbG93ID0gKG5hbWVzOiBSZWFkb25seVNldDxzdHJpbmc+KTogdm9pZCA9PiB7XG4gICAgICBmb3IgKGNvbnN0IG5hbWUgb2YgbmFtZXMpIHtcbiAgICAgICAgY29uc3QgaW5kZXggPSBwbGFjZXMuZ2V0KG5hbWUpXG4gICAgICAgIGlmIChpbmRleCA9PT0gdW5kZWZpbmVkIHx8IGluZGV4ID09PSBvd24gfHwgbmVlZHMuaGFzKGluZGV4KSkgY29udGludWVcbiAgICAgICAgbmVlZHMuYWRkKGluZGV4KVxuICAgICAgICBmb2xsb3coYWxsW2luZGV4XSEubWVudGlvbnMpXG4gICAgICB9XG4gICAgfVxuICAgIGZvbGxvdyhyZWFkcylcbiAgICByZXR1cm4gbmVlZHNcbiAgfSlcbn1cblxuLyoqIFRoZSBkZWNsYXJhdGlvbnMgYXMgYSBidW5kbGVyIHdyaXRlcyB0aGVtLiAqL1xuZnVuY3Rpb24gbWluaWZpZWQoYWxsOiByZWFkb25seSBEZWNsYXJhdGlvbltdKTogc3RyaW5nW10ge1xuICBjb25zdCB7IGNvZGUgfSA9IHRyYW5zZm9ybVN5bmMoYWxsLm1hcCgoeyB0ZXh0IH0pID0+IHRleHQpLmpvaW4oJ1xcbicpLCB7IG1pbmlmeTogdHJ1ZSwgZm9ybWF0OiAnZXNtJywgdGFyZ2V0OiAnZXMyMDIyJyB9KVxuICBjb25zdCB0ZXh0cyA9IHBhcnNlZChjb2RlKS5zdGF0ZW1lbnRzLmZsYXRNYXAoKHN0YXRlbWVudCkgPT4ge1xuICAgIHJldHVybiB0cy5pc1ZhcmlhYmxlU3RhdGVtZW50KHN0YXRlbWVudClcbiAgICAgID8gc3RhdGVtZW50LmRlY2xhcmF0aW9uTGlzdC5kZWNsYXJhdGlvbnMubWFwKChwYXJ0KSA9PiBwYXJ0LmdldFRleHQoKSlcbiAgICAgIDogW3N0YXRlbWVudC5nZXRUZXh0KCldXG4gIH0pXG4gIGlmICh0ZXh0cy5sZW5ndGggIT09IGFsbC5sZW5ndGgpIHRocm93IG5ldyBFcnJvcignVGhlIG1pbmlmaWVyIGhhcyBjaGFuZ2VkIHRoZSBudW1iZXIgb2YgZGVjbGFyYXRpb25zLicpXG4gIHJldHVybiB0ZXh0c1xufVxuXG4vKiogVGhlIHRleHRzIHRoYXQgc3RhbmQgaW4gdGhlIHdpbmRvdyBvZiBnemlwLCBhbmQgd2hpY2ggc2hhcmUgb2Ygb3RoZXJzIHN0YW5kcyB0aGVyZSB0b28sIG1vcmUgb3IgbGVzcy4gKi9cbmNsYXNzIFdpbmRvdyB7XG4gIHByaXZhdGUgcmVhZG9ubHkgcnVuczogUmVhZG9ubHlTZXQ8c3RyaW5nPltdXG4gIC8qKiBXaG8gaGFzIGVhY2ggcnVuIHRoYXQgc2V2ZXJhbCB0ZXh0cyBoYXZlLiAqL1xuICBwcml2YXRlIHJlYWRvbmx5IG93bmVycyA9IG5ldyBNYXA8c3RyaW5nLCBudW1iZXJbXT4oKVxuICBwcml2YXRlIHJlYWRvbmx5IHdob2xlOiBudW1iZXJbXVxuICBwcml2YXRlIHJlYWRvbmx5IGZvdW5kOiBudW1iZXJbXVxuICBwcml2YXRlIHJlYWRvbmx5IGNvdW50cyA9IG5ldyBNYXA8c3RyaW5nLCBudW1iZXI+KClcbiAgcHJpdmF0ZSByZWFkb25seSBpbnNpZGU6IG51bWJlcltdID0gW11cbiAgcHJpdmF0ZSBieXRlcyA9IDBcblxuICBjb25zdHJ1Y3RvcihcbiAgICBwcml2YXRlIHJlYWRvbmx5IHRleHRzOiByZWFkb25seSBzdHJpbmdbXSxcbiAgICBleHBvbmVudDogbnVtYmVyLFxuICApIHtcbiAgICB0aGlzLnJ1bnMgPSB0ZXh0cy5tYXAocnVuc09mKVxuICAgIGZvciAoY29uc3QgW2luZGV4LCBydW5zXSBvZiB0aGlzLnJ1bnMuZW50cmllcygpKSB7XG4gICAgICBmb3IgKGNvbnN0IHJ1biBvZiBydW5zKSB7XG4gICAgICAgIGNvbnN0IG93bmVycyA9IHRoaXMub3duZXJzLmdldChydW4pXG4gICAgICAgIGlmIChvd25lcnMgPT09IHVuZGVmaW5lZCkgdGhpcy5vd25lcnMuc2V0KHJ1biwgW2luZGV4XSlcbiAgICAgICAgZWxzZSBvd25lcnMucHVzaChpbmRleClcbiAgICAgIH1cbiAgICB9XG4gICAgZm9yIChjb25zdCBbcnVuLCB7IGxlbmd0aCB9XSBvZiB0aGlzLm93bmVycykgaWYgKGxlbmd0aCA9PT0gMSkgdGhpcy5vd25lcnMuZGVsZXRlKHJ1bilcbiAgICB0aGlzLmZvdW5kID0gdGV4dHMubWFwKCgpID0+IDApXG4gICAgdGhpcy53aG9sZSA9IHRoaXMucnVucy5tYXAoKHJ1bnMpID0+ICgxICsgWy4uLnJ1bnNdLnJlZHVjZSgoc3VtLCBydW4pID0+IHN1bSArIHRoaXMud2VpZ2h0KHJ1biksIDApKSAqKiBleHBvbmVudClcbiAgfVxuXG4gIHNoYXJlKGluZGV4OiBudW1iZXIpOiBudW1iZXIge1xuICAgIHJldHVybiB0aGlzLmZvdW5kW2luZGV4XSEgLyB0aGlzLndob2xlW2luZGV4XSFcbiAgfVxuXG4gIHB1c2goaW5kZXg6IG51bWJlcik6IHZvaWQge1xuICAgIHRoaXMuaW5zaWRlLnB1c2goaW5kZXgpXG4gICAgdGhpcy5ieXRlcyArPSB0aGlzLnRleHRzW2luZGV4XSEubGVuZ3RoXG4gICAgdGhpcy5jb3VudChpbmRleCwgMSlcbiAgICB3aGlsZSAodGhpcy5ieXRlcyA+IFdJTkRPV19CWVRFUyAmJiB0aGlzLmluc2lkZS5sZW5ndGggPiAxKSB7XG4gICAgICBjb25zdCBvbGRlc3QgPSB0aGlzLmluc2lkZS5zaGlmdCgpIVxuICAgICAgdGhpcy5ieXRlcyAtPSB0aGlzLnRleHRzW29sZGVzdF0hLmxlbmd0aFxuICAgICAgdGhpcy5jb3VudChvbGRlc3QsIC0xKVxuICAgIH1cbiAgfVxuXG4gIHByaXZhdGUgY291bnQoaW5kZXg6IG51bWJlciwgYnk6IDEgfCAtMSk6IHZvaWQge1xuICAgIGZvciAoY29uc3QgcnVuIG9mIHRoaXMucnVuc1tpbmRleF0hKSB7XG4gICAgICBjb25zdCBiZWZvcmUgPSB0aGlzLmNvdW50cy5nZXQocnVuKSA/PyAwXG4gICAgICB0aGlzLmNvdW50cy5zZXQocnVuLCBiZWZvcmUgKyBieSlcbiAgICAgIGlmIChiZWZvcmUgPiAwICYmIGJlZm9yZSArIGJ5ID4gMCkgY29udGludWVcbiAgICAgIGZvciAoY29uc3Qgb3duZXIgb2YgdGhpcy5vd25lcnMuZ2V0KHJ1bikgPz8gW10pIHRoaXMuZm91bmRbb3duZXJdISArPSBieSAqIHRoaXMud2VpZ2h0KHJ1bilcbiAgICB9XG4gIH1cblxuICBwcml2YXRlIHdlaWdodChydW46IHN0cmluZyk6IG51bWJlciB7XG4gICAgY29uc3Qgb3duZXJzID0gdGhpcy5vd25lcnMuZ2V0KHJ1bilcbiAgICByZXR1cm4gb3duZXJzID09PSB1bmRlZmluZWQgPyAwIDogTWF0aC5sb2codGhpcy50ZXh0cy5sZW5ndGggLyBvd25lcnMubGVuZ3RoKVxuICB9XG59XG5cbmZ1bmN0aW9uIHJ1bnNPZih0ZXh0OiBzdHJpbmcpOiBTZXQ8c3RyaW5nPiB7XG4gIGNvbnN0IHJ1bnMgPSBuZXcgU2V0PHN0cmluZz4oKVxuICBmb3IgKGxldCBzdGFydCA9IDA7IHN0YXJ0ICsgUlVOX0xFTkdUSCA8PSB0ZXh0Lmxlbmd0aDsgc3RhcnQrKykgcnVucy5hZGQodGV4dC5zbGljZShzdGFydCwgc3RhcnQgKyBSVU5fTEVOR1RIKSlcbiAgcmV0dXJuIHJ1bnNcbn1cblxuZnVuY3Rpb24gcGFyc2VkKGNvZGU6IHN0cmluZyk6IHRzLlNvdXJjZUZpbGUge1xuICByZXR1cm4gdHMuY3JlYXRlU291cmNlRmlsZSgnY2h1bmsuanMnLCBjb2RlLCB0cy5TY3JpcHRUYXJnZXQuTGF0ZXN0LCB0cnVlKVxufVxuIiwgImNvbnN0IF9faW5qZWN0ZWRfZmlsZW5hbWVfXyA9IFwiL3dvcmsvd3Qvb3BlcmF0ZS9idWlsZC9lZGl0cy50c1wiO2NvbnN0IF9faW5qZWN0ZWRfZGlybmFtZV9fID0gXCIvd29yay93dC9vcGVyYXRlL2J1aWxkXCI7Y29uc3QgX19pbmplY3RlZF9pbXBvcnRfbWV0YV91cmxfXyA9IFwiZmlsZTovLy93b3JrL3d0L29wZXJhdGUvYnVpbGQvZWRpdHMudHNcIjsvKiogQSBwaWVjZSBvZiBhIHNvdXJjZSB0aGF0IHRoZSBidWlsZCB3cml0ZXMgb3RoZXJ3aXNlLiAqL1xuZXhwb3J0IGludGVyZmFjZSBFZGl0IHtcbiAgc3RhcnQ6IG51bWJlclxuICBlbmQ6IG51bWJlclxuICB0ZXh0OiBzdHJpbmdcbn1cblxuLyoqIEEgdGV4dCB3aXRoIGl0cyBlZGl0cyBtYWRlOyBub25lIG9mIHRoZW0gb3ZlcmxhcHMgYW5vdGhlci4gKi9cbmV4cG9ydCBmdW5jdGlvbiBlZGl0ZWQodGV4dDogc3RyaW5nLCBlZGl0czogcmVhZG9ubHkgRWRpdFtdKTogc3RyaW5nIHtcbiAgY29uc3QgcGFydHM6IHN0cmluZ1tdID0gW11cbiAgbGV0IGVuZCA9IDBcbiAgZm9yIChjb25zdCBlZGl0IG9mIFsuLi5lZGl0c10uc29ydCgoYSwgYikgPT4gYS5zdGFydCAtIGIuc3RhcnQgfHwgYS5lbmQgLSBiLmVuZCkpIHtcbiAgICBwYXJ0cy5wdXNoKHRleHQuc2xpY2UoZW5kLCBlZGl0LnN0YXJ0KSwgZWRpdC50ZXh0KVxuICAgIGVuZCA9IGVkaXQuZW5kXG4gIH1cbiAgcmV0dXJuIHBhcnRzLmpvaW4oJycpICsgdGV4dC5zbGljZShlbmQpXG59XG4iLCAiY29uc3QgX19pbmplY3RlZF9maWxlbmFtZV9fID0gXCIvd29yay93dC9vcGVyYXRlL2J1aWxkL2ludGVybmFsLW5hbWVzLnRzXCI7Y29uc3QgX19pbmplY3RlZF9kaXJuYW1lX18gPSBcIi93b3JrL3d0L29wZXJhdGUvYnVpbGRcIjtjb25zdCBfX2luamVjdGVkX2ltcG9ydF9tZXRhX3VybF9fID0gXCJmaWxlOi8vL3dvcmsvd3Qvb3BlcmF0ZS9idWlsZC9pbnRlcm5hbC1uYW1lcy50c1wiO2ltcG9ydCB7IHJlYWRkaXJTeW5jLCByZWFkRmlsZVN5bmMgfSBmcm9tICdub2RlOmZzJ1xuaW1wb3J0IHsgam9pbiB9IGZyb20gJ25vZGU6cGF0aCdcbmltcG9ydCB0cyBmcm9tICd0eXBlc2NyaXB0J1xuaW1wb3J0IHR5cGUgeyBTb3VyY2VzIH0gZnJvbSAnLi9wcm9ncmFtLmpzJ1xuXG4vKipcbiAqIFRoZSBuYW1lcyBvZiBwcm9wZXJ0aWVzIHRoYXQgbm9ib2R5IG91dHNpZGUgb2YgdGhlIHNvdXJjZXMgY2FuIHNlZTogbWVtYmVycyBvZiBjbGFzc2VzIGFuZCBpbnRlcmZhY2VzIHRoYXQgbm8gZW50cnkgcG9pbnQgZ2l2ZXNcbiAqIG91dCwgYW5kIHRob3NlIHRoYXQgYSBjb21tZW50IHNheXMgYXJlIGBAaW50ZXJuYWxgLiBUaGUgYnVpbGQgbWFrZXMgdGhlbSBzaG9ydCwgd2hpY2ggc2F2ZXMgZXZlcnkgcGFnZSBhIHRlbnRoIG9mIHRoZSBieXRlcy5cbiAqXG4gKiBBIG5hbWUgaXMgbGVmdCBhbG9uZSB3aGVyZSBhbnl0aGluZyBlbHNlIGJlYXJzIGl0IHRvbzogd2hhdCBhbiBlbnRyeSBwb2ludCBleHBvcnRzLCBhdCBhbnkgZGVwdGg7IHRoZSBwbGF0Zm9ybSBhbmQgdGhlIHBhY2thZ2VzOyBhXG4gKiB0ZXh0OyBhIGtleSBvZiBhbiBvYmplY3QgdGhhdCBpcyB0eXBlZCBhcyBub3RoaW5nIG9mIG91cnMsIGFzIGV2ZXJ5IHBheWxvYWQsIHJlY29yZCBhbmQgc2hhcGUgaXMuIFNvIHdoYXRldmVyIHRyYXZlbHMgb3IgaXMgc3RvcmVkXG4gKiBrZWVwcyBpdHMga2V5cy5cbiAqXG4gKiBQcml2YXRlIG1lbWJlcnMgbmVlZCBub25lIG9mIHRoaXM7IHNlZSBgcmVuYW1lUHJpdmF0ZXNgLlxuICpcbiAqIEBwYXJhbSBlbnRyaWVzIHRoZSBmaWxlcyBvZiB0aGUgZW50cnkgcG9pbnRzLlxuICogQHBhcmFtIHBhY2thZ2VzIHRoZSBmb2xkZXJzIG9mIHRob3NlIHRoYXQgc29tZSBidW5kbGUgdGFrZXMgaW46IG5vIG5hbWUgaW4gdGhlaXIgY29kZSBpcyB0b3VjaGVkLlxuICovXG5leHBvcnQgZnVuY3Rpb24gaW50ZXJuYWxOYW1lcyhzb3VyY2VzOiBTb3VyY2VzLCBlbnRyaWVzOiByZWFkb25seSBzdHJpbmdbXSwgcGFja2FnZXM6IHJlYWRvbmx5IHN0cmluZ1tdKTogc3RyaW5nW10ge1xuICBjb25zdCB7IHByb2dyYW0sIGNoZWNrZXIsIGZpbGVzIH0gPSBzb3VyY2VzXG4gIGNvbnN0IG93biA9IG5ldyBTZXQoZmlsZXMpXG4gIGNvbnN0IGluc2lkZSA9IG5ldyBTZXQ8c3RyaW5nPigpXG4gIGNvbnN0IG91dHNpZGUgPSBuZXcgU2V0PHN0cmluZz4oWy4uLnB1YmxpY1N1cmZhY2UocHJvZ3JhbSwgY2hlY2tlciwgZW50cmllcyksIC4uLm5hbWVzSW4ocGFja2FnZXMpXSlcbiAgY29uc3QgaXNPdXJzID0gKHN5bWJvbDogdHMuU3ltYm9sKTogYm9vbGVhbiA9PlxuICAgIChzeW1ib2wuZGVjbGFyYXRpb25zID8/IFtdKS5sZW5ndGggPiAwICYmXG4gICAgc3ltYm9sLmRlY2xhcmF0aW9ucyEuZXZlcnkoKGRlY2xhcmF0aW9uKSA9PiB7XG4gICAgICBjb25zdCBvd25lciA9IGRlY2xhcmF0aW9uLnBhcmVudFxuICAgICAgY29uc3QgaXNNZW1iZXIgPVxuICAgICAgICB0cy5pc0NsYXNzTGlrZShvd25lcikgfHxcbiAgICAgICAgdHMuaXNJbnRlcmZhY2VEZWNsYXJhdGlvbihvd25lcikgfHxcbiAgICAgICAgKHRzLmlzVHlwZUxpdGVyYWxOb2RlKG93bmVyKSAmJiB0cy5pc1R5cGVBbGlhc0RlY2xhcmF0aW9uKG93bmVyLnBhcmVudCkpIHx8XG4gICAgICAgICh0cy5pc1BhcmFtZXRlcihkZWNsYXJhdGlvbikgJiYgdHMuaXNDb25zdHJ1Y3RvckRlY2xhcmF0aW9uKG93bmVyKSlcbiAgICAgIHJldHVybiBpc01lbWJlciAmJiBvd24uaGFzKGRlY2xhcmF0aW9uLmdldFNvdXJjZUZpbGUoKSlcbiAgICB9KVxuICBjb25zdCBub3RlID0gKG5hbWU6IHN0cmluZywgc3ltYm9sOiB0cy5TeW1ib2wgfCB1bmRlZmluZWQpID0+IHtcbiAgICBpZiAoc3ltYm9sICE9PSB1bmRlZmluZWQgJiYgaXNPdXJzKHN5bWJvbCkpIGluc2lkZS5hZGQobmFtZSlcbiAgICBlbHNlIG91dHNpZGUuYWRkKG5hbWUpXG4gIH1cbiAgLyoqIFRoZSBtZW1iZXJzIHRoYXQgYSBrZXkgb2YgYW4gb2JqZWN0IHN0YW5kcyBmb3I7IG5vbmUgb2Ygb3VycyB3aGVyZSB0aGUgb2JqZWN0IGlzIHR5cGVkIGFzIG5vdGhpbmcgb2Ygb3Vycy4gKi9cbiAgY29uc3Qga2V5T2YgPSAobGl0ZXJhbDogdHMuT2JqZWN0TGl0ZXJhbEV4cHJlc3Npb24sIG5hbWU6IHN0cmluZyk6IHRzLlN5bWJvbCB8IHVuZGVmaW5lZCA9PiB7XG4gICAgY29uc3QgdHlwZSA9IGNoZWNrZXIuZ2V0Q29udGV4dHVhbFR5cGUobGl0ZXJhbClcbiAgICBpZiAodHlwZSA9PT0gdW5kZWZpbmVkKSByZXR1cm4gdW5kZWZpbmVkXG4gICAgY29uc3QgcGFydHMgPSB0eXBlLmlzVW5pb24oKSA/IHR5cGUudHlwZXMgOiBbdHlwZV1cbiAgICBjb25zdCBmb3VuZCA9IHBhcnRzLmZsYXRNYXAoKHBhcnQpID0+IGNoZWNrZXIuZ2V0UHJvcGVydHlPZlR5cGUoY2hlY2tlci5nZXROb25OdWxsYWJsZVR5cGUocGFydCksIG5hbWUpID8/IFtdKVxuICAgIHJldHVybiBmb3VuZC5sZW5ndGggPiAwICYmIGZvdW5kLmV2ZXJ5KGlzT3VycykgPyBmb3VuZFswXSA6IHVuZGVmaW5lZFxuICB9XG4gIGNvbnN0IHZpc2l0ID0gKG5vZGU6IHRzLk5vZGUpOiB2b2lkID0+IHtcbiAgICAvLyBBIHRleHQgb2Ygc2V2ZXJhbCB3b3JkcyBuYW1lcyBubyBwcm9wZXJ0eSwgYW5kIHRoZSBrZXkgb2YgYSBgUGlja2AgaXMgbm9uZSB0aGF0IGFueXRoaW5nIGJlYXJzIGJ1dCB3aGF0IGl0IGlzIHBpY2tlZCBmcm9tLlxuICAgIGlmIChpc1BpY2sobm9kZSkpIHtcbiAgICAgIHZpc2l0KG5vZGUudHlwZUFyZ3VtZW50cyFbMF0hKVxuICAgICAgcmV0dXJuXG4gICAgfVxuICAgIGlmICh0cy5pc1N0cmluZ0xpdGVyYWxMaWtlKG5vZGUpICYmIC9eW1xcdyRdKyQvLnRlc3Qobm9kZS50ZXh0KSkgb3V0c2lkZS5hZGQobm9kZS50ZXh0KVxuICAgIGlmICh0cy5pc1Byb3BlcnR5QWNjZXNzRXhwcmVzc2lvbihub2RlKSkge1xuICAgICAgY29uc3QgdHlwZSA9IGNoZWNrZXIuZ2V0VHlwZUF0TG9jYXRpb24obm9kZS5leHByZXNzaW9uKVxuICAgICAgY29uc3QgcGFydHMgPSB0eXBlLmlzVW5pb24oKSA/IHR5cGUudHlwZXMgOiBbdHlwZV1cbiAgICAgIGNvbnN0IHN5bWJvbHMgPSBwYXJ0cy5tYXAoKHBhcnQpID0+IGNoZWNrZXIuZ2V0UHJvcGVydHlPZlR5cGUoY2hlY2tlci5nZXROb25OdWxsYWJsZVR5cGUocGFydCksIG5vZGUubmFtZS50ZXh0KSlcbiAgICAgIGNvbnN0IGtub3duID0gc3ltYm9scy5maWx0ZXIoKHN5bWJvbCkgPT4gc3ltYm9sICE9PSB1bmRlZmluZWQpXG4gICAgICBpZiAoa25vd24ubGVuZ3RoID09PSAwKSBub3RlKG5vZGUubmFtZS50ZXh0LCBjaGVja2VyLmdldFN5bWJvbEF0TG9jYXRpb24obm9kZS5uYW1lKSlcbiAgICAgIGVsc2UgZm9yIChjb25zdCBzeW1ib2wgb2Yga25vd24pIG5vdGUobm9kZS5uYW1lLnRleHQsIHN5bWJvbClcbiAgICB9IGVsc2UgaWYgKFxuICAgICAgKHRzLmlzUHJvcGVydHlBc3NpZ25tZW50KG5vZGUpIHx8XG4gICAgICAgIHRzLmlzU2hvcnRoYW5kUHJvcGVydHlBc3NpZ25tZW50KG5vZGUpIHx8XG4gICAgICAgIHRzLmlzTWV0aG9kRGVjbGFyYXRpb24obm9kZSkgfHxcbiAgICAgICAgdHMuaXNBY2Nlc3Nvcihub2RlKSkgJiZcbiAgICAgIHRzLmlzT2JqZWN0TGl0ZXJhbEV4cHJlc3Npb24obm9kZS5wYXJlbnQpXG4gICAgKSB7XG4gICAgICBpZiAodHMuaXNJZGVudGlmaWVyKG5vZGUubmFtZSkpIG5vdGUobm9kZS5uYW1lLnRleHQsIGtleU9mKG5vZGUucGFyZW50LCBub2RlLm5hbWUudGV4dCkpXG4gICAgfSBlbHNlIGlmICh0cy5pc0JpbmRpbmdFbGVtZW50KG5vZGUpICYmIHRzLmlzT2JqZWN0QmluZGluZ1BhdHRlcm4obm9kZS5wYXJlbnQpICYmIG5vZGUuZG90RG90RG90VG9rZW4gPT09IHVuZGVmaW5lZCkge1xuICAgICAgY29uc3QgbmFtZSA9IG5vZGUucHJvcGVydHlOYW1lID8/IG5vZGUubmFtZVxuICAgICAgaWYgKHRzLmlzSWRlbnRpZmllcihuYW1lKSkge1xuICAgICAgICBjb25zdCB0eXBlID0gY2hlY2tlci5nZXRUeXBlQXRMb2NhdGlvbihub2RlLnBhcmVudClcbiAgICAgICAgY29uc3QgcGFydHMgPSB0eXBlLmlzVW5pb24oKSA/IHR5cGUudHlwZXMgOiBbdHlwZV1cbiAgICAgICAgZm9yIChjb25zdCBwYXJ0IG9mIHBhcnRzKSBub3RlKG5hbWUudGV4dCwgY2hlY2tlci5nZXRQcm9wZXJ0eU9mVHlwZShjaGVja2VyLmdldE5vbk51bGxhYmxlVHlwZShwYXJ0KSwgbmFtZS50ZXh0KSlcbiAgICAgIH1cbiAgICB9IGVsc2UgaWYgKFxuICAgICAgdHMuaXNQcm9wZXJ0eVNpZ25hdHVyZShub2RlKSAmJlxuICAgICAgdHMuaXNUeXBlTGl0ZXJhbE5vZGUobm9kZS5wYXJlbnQpICYmXG4gICAgICAhdHMuaXNUeXBlQWxpYXNEZWNsYXJhdGlvbihub2RlLnBhcmVudC5wYXJlbnQpICYmXG4gICAgICB0cy5pc0lkZW50aWZpZXIobm9kZS5uYW1lKVxuICAgICkge1xuICAgICAgb3V0c2lkZS5hZGQobm9kZS5uYW1lLnRleHQpXG4gICAgfVxuICAgIHRzLmZvckVhY2hDaGlsZChub2RlLCB2aXNpdClcbiAgfVxuICBmaWxlcy5mb3JFYWNoKHZpc2l0KVxuICByZXR1cm4gWy4uLmluc2lkZV0uZmlsdGVyKChuYW1lKSA9PiAhb3V0c2lkZS5oYXMobmFtZSkgJiYgbmFtZS5sZW5ndGggPiAyKS5zb3J0KClcbn1cblxuLyoqIEV2ZXJ5IG5hbWUgdGhhdCBhIHVzZXIgb2YgdGhlIGVudHJ5IHBvaW50cyBjYW4gcmVhZCBvciB3cml0ZSwgb3IgaGFzIHRvIGltcGxlbWVudC4gKi9cbmZ1bmN0aW9uIHB1YmxpY1N1cmZhY2UocHJvZ3JhbTogdHMuUHJvZ3JhbSwgY2hlY2tlcjogdHMuVHlwZUNoZWNrZXIsIGVudHJpZXM6IHJlYWRvbmx5IHN0cmluZ1tdKTogU2V0PHN0cmluZz4ge1xuICBjb25zdCBuYW1lcyA9IG5ldyBTZXQ8c3RyaW5nPigpXG4gIGNvbnN0IHR5cGVzID0gbmV3IFNldDx0cy5UeXBlPigpXG4gIGNvbnN0IGRlY2xhcmVkID0gbmV3IFNldDx0cy5TeW1ib2w+KClcbiAgY29uc3QgYWRkID0gKHR5cGU6IHRzLlR5cGUgfCB1bmRlZmluZWQpOiB2b2lkID0+IHtcbiAgICBpZiAodHlwZSAhPT0gdW5kZWZpbmVkKSB0eXBlcy5hZGQodHlwZSlcbiAgfVxuICAvKipcbiAgICogV2hldGhlciB0aGUgbWVtYmVycyBvZiBhIHR5cGUgYXJlIHRvIGJlIHdhbGtlZDogdGhvc2Ugb2YgZWFjaCBkZWNsYXJhdGlvbiBhcmUsIG9uY2UuIEEgY29vcmRpbmF0b3Igd2l0aCBpdHMgcGx1Z2lucyBpcyBhIHR5cGUgdGhhdFxuICAgKiBob2xkcyBpdHNlbGYgd2l0aCBldmVyIG1vcmUgYXJndW1lbnRzLCBhbmQgYWxsIG9mIGl0cyBpbnN0YW50aWF0aW9ucyBoYXZlIHRoZSBtZW1iZXJzIG9mIHRoZSBkZWNsYXJhdGlvbi5cbiAgICovXG4gIGNvbnN0IGlzRmlyc3QgPSAodHlwZTogdHMuVHlwZSk6IGJvb2xlYW4gPT4ge1xuICAgIGNvbnN0IHN5bWJvbCA9IHR5cGUuYWxpYXNTeW1ib2wgPz8gdHlwZS5zeW1ib2xcbiAgICBpZiAoc3ltYm9sID09PSB1bmRlZmluZWQpIHJldHVybiB0cnVlXG4gICAgaWYgKGRlY2xhcmVkLmhhcyhzeW1ib2wpKSByZXR1cm4gZmFsc2VcbiAgICBkZWNsYXJlZC5hZGQoc3ltYm9sKVxuICAgIC8vIEEgY2xhc3MgaXMgdHdvIHR5cGVzOiBpdHMgaW5zdGFuY2VzLCBhbmQgaXRzZWxmLCB3aGljaCBvbmx5IHRob3NlIHNlZSB3aG8gYXJlIGdpdmVuIGl0LlxuICAgIGlmIChzeW1ib2wuZmxhZ3MgJiB0cy5TeW1ib2xGbGFncy5UeXBlKSBtZW1iZXJzT2YoY2hlY2tlci5nZXREZWNsYXJlZFR5cGVPZlN5bWJvbChzeW1ib2wpKVxuICAgIHJldHVybiB0cnVlXG4gIH1cbiAgLyoqIGBQaWNrPE9wdGlvbnMsICdhJz5gIHVuZGVyIGEgbmFtZSBvZiBpdHMgb3duIGRvZXMgbm90IHRlbGwgb2YgYE9wdGlvbnNgLCB3aGljaCBpdHMgZGVjbGFyYXRpb24gdGVsbHMgdGhlIHVzZXIgYWxsIHRoZSBzYW1lLiAqL1xuICBjb25zdCBhcmd1bWVudHNJbiA9IChub2RlOiB0cy5Ob2RlKTogdm9pZCA9PiB7XG4gICAgaWYgKHRzLmlzVHlwZVJlZmVyZW5jZU5vZGUobm9kZSkpIGZvciAoY29uc3QgYXJndW1lbnQgb2Ygbm9kZS50eXBlQXJndW1lbnRzID8/IFtdKSBhZGQoY2hlY2tlci5nZXRUeXBlRnJvbVR5cGVOb2RlKGFyZ3VtZW50KSlcbiAgICB0cy5mb3JFYWNoQ2hpbGQobm9kZSwgYXJndW1lbnRzSW4pXG4gIH1cbiAgLyoqIFdoYXQgdGhlIHBsYXRmb3JtJ3Mgb3duIHR5cGVzIGhhdmUgaXMgbWV0IHdoZXJlIGl0IGlzIHVzZWQuICovXG4gIGNvbnN0IGlzRm9yZWlnbiA9IChkZWNsYXJhdGlvbnM6IHJlYWRvbmx5IHRzLkRlY2xhcmF0aW9uW10pOiBib29sZWFuID0+XG4gICAgZGVjbGFyYXRpb25zLmxlbmd0aCA+IDAgJiZcbiAgICBkZWNsYXJhdGlvbnMuZXZlcnkoXG4gICAgICAoZGVjbGFyYXRpb24pID0+XG4gICAgICAgIHByb2dyYW0uaXNTb3VyY2VGaWxlRGVmYXVsdExpYnJhcnkoZGVjbGFyYXRpb24uZ2V0U291cmNlRmlsZSgpKSB8fFxuICAgICAgICBkZWNsYXJhdGlvbi5nZXRTb3VyY2VGaWxlKCkuZmlsZU5hbWUuaW5jbHVkZXMoJy9ub2RlX21vZHVsZXMvJyksXG4gICAgKVxuICBjb25zdCB3YWxrID0gKHR5cGU6IHRzLlR5cGUpOiB2b2lkID0+IHtcbiAgICBpZiAodHlwZS5pc1VuaW9uT3JJbnRlcnNlY3Rpb24oKSkgdHlwZS50eXBlcy5mb3JFYWNoKGFkZClcbiAgICBmb3IgKGNvbnN0IGFyZ3VtZW50IG9mIGlzUmVmZXJlbmNlKHR5cGUpID8gY2hlY2tlci5nZXRUeXBlQXJndW1lbnRzKHR5cGUpIDogW10pIGFkZChhcmd1bWVudClcbiAgICB0eXBlLmFsaWFzVHlwZUFyZ3VtZW50cz8uZm9yRWFjaChhZGQpXG4gICAgdHlwZS5hbGlhc1N5bWJvbD8uZGVjbGFyYXRpb25zPy5mb3JFYWNoKGFyZ3VtZW50c0luKVxuICAgIGlmICh0eXBlLmlzVHlwZVBhcmFtZXRlcigpKSBhZGQodHlwZS5nZXRDb25zdHJhaW50KCkpXG4gICAgaWYgKHR5cGUuZmxhZ3MgJiB0cy5UeXBlRmxhZ3MuQ29uZGl0aW9uYWwpIHtcbiAgICAgIGNvbnN0IHsgbm9kZSB9ID0gKHR5cGUgYXMgdHMuQ29uZGl0aW9uYWxUeXBlKS5yb290XG4gICAgICBhZGQoY2hlY2tlci5nZXRUeXBlRnJvbVR5cGVOb2RlKG5vZGUudHJ1ZVR5cGUpKVxuICAgICAgYWRkKGNoZWNrZXIuZ2V0VHlwZUZyb21UeXBlTm9kZShub2RlLmZhbHNlVHlwZSkpXG4gICAgfVxuICAgIGlmICh0eXBlLmZsYWdzICYgdHMuVHlwZUZsYWdzLk9iamVjdCAmJiAhaXNGb3JlaWduKHR5cGUuc3ltYm9sPy5kZWNsYXJhdGlvbnMgPz8gW10pICYmIGlzRmlyc3QodHlwZSkpIG1lbWJlcnNPZih0eXBlKVxuICB9XG4gIGNvbnN0IG1lbWJlcnNPZiA9ICh0eXBlOiB0cy5UeXBlKTogdm9pZCA9PiB7XG4gICAgY29uc3QgcHJvcGVydGllcyA9IGNoZWNrZXIuZ2V0UHJvcGVydGllc09mVHlwZSh0eXBlKS5maWx0ZXIoKHByb3BlcnR5KSA9PiAhaXNQcml2YXRlKHByb3BlcnR5KSAmJiAhaXNJbnRlcm5hbChwcm9wZXJ0eSkpXG4gICAgdHlwZS5nZXRCYXNlVHlwZXMoKT8uZm9yRWFjaChhZGQpXG4gICAgZm9yIChjb25zdCBwcm9wZXJ0eSBvZiBwcm9wZXJ0aWVzKSB7XG4gICAgICBuYW1lcy5hZGQocHJvcGVydHkubmFtZSlcbiAgICAgIGlmIChwcm9wZXJ0eS5kZWNsYXJhdGlvbnM/Lmxlbmd0aCkgYWRkKGNoZWNrZXIuZ2V0VHlwZU9mU3ltYm9sKHByb3BlcnR5KSlcbiAgICB9XG4gICAgZm9yIChjb25zdCBzaWduYXR1cmUgb2YgWy4uLnR5cGUuZ2V0Q2FsbFNpZ25hdHVyZXMoKSwgLi4udHlwZS5nZXRDb25zdHJ1Y3RTaWduYXR1cmVzKCldKSB7XG4gICAgICBhZGQoc2lnbmF0dXJlLmdldFJldHVyblR5cGUoKSlcbiAgICAgIGZvciAoY29uc3QgcGFyYW1ldGVyIG9mIHNpZ25hdHVyZS5nZXRQYXJhbWV0ZXJzKCkpIGFkZChjaGVja2VyLmdldFR5cGVPZlN5bWJvbChwYXJhbWV0ZXIpKVxuICAgICAgc2lnbmF0dXJlLmdldFR5cGVQYXJhbWV0ZXJzKCk/LmZvckVhY2goYWRkKVxuICAgIH1cbiAgICBmb3IgKGNvbnN0IGluZGV4IG9mIGNoZWNrZXIuZ2V0SW5kZXhJbmZvc09mVHlwZSh0eXBlKSkgYWRkKGluZGV4LnR5cGUpXG4gIH1cbiAgZm9yIChjb25zdCBlbnRyeSBvZiBlbnRyaWVzKSB7XG4gICAgY29uc3QgZmlsZSA9IHByb2dyYW0uZ2V0U291cmNlRmlsZShlbnRyeSlcbiAgICBjb25zdCBtb2R1bGUgPSBmaWxlICYmIGNoZWNrZXIuZ2V0U3ltYm9sQXRMb2NhdGlvbihmaWxlKVxuICAgIGZvciAoY29uc3Qgc3ltYm9sIG9mIG1vZHVsZSA9PT0gdW5kZWZpbmVkID8gW10gOiBjaGVja2VyLmdldEV4cG9ydHNPZk1vZHVsZShtb2R1bGUpKSB7XG4gICAgICBjb25zdCB0YXJnZXQgPSBzeW1ib2wuZmxhZ3MgJiB0cy5TeW1ib2xGbGFncy5BbGlhcyA/IGNoZWNrZXIuZ2V0QWxpYXNlZFN5bWJvbChzeW1ib2wpIDogc3ltYm9sXG4gICAgICBpZiAodGFyZ2V0LmZsYWdzICYgdHMuU3ltYm9sRmxhZ3MuVmFsdWUgJiYgIWlzVHlwZU9ubHkoc3ltYm9sKSkge1xuICAgICAgICBjb25zdCB2YWx1ZSA9IGNoZWNrZXIuZ2V0VHlwZU9mU3ltYm9sKHRhcmdldClcbiAgICAgICAgYWRkKHZhbHVlKVxuICAgICAgICBtZW1iZXJzT2YodmFsdWUpXG4gICAgICB9XG4gICAgICBpZiAodGFyZ2V0LmZsYWdzICYgdHMuU3ltYm9sRmxhZ3MuVHlwZSkgYWRkKGNoZWNrZXIuZ2V0RGVjbGFyZWRUeXBlT2ZTeW1ib2wodGFyZ2V0KSlcbiAgICB9XG4gIH1cbiAgZm9yIChjb25zdCB0eXBlIG9mIHR5cGVzKSB3YWxrKHR5cGUpXG4gIHJldHVybiBuYW1lc1xufVxuXG4vKiogV2hldGhlciBhIHR5cGUgaXMgb25lIHBhcnQgb2YgYW5vdGhlcjogaXRzIGtleXMgYXJlIG5vIHRleHRzIG9mIHRoZSBwcm9ncmFtLiAqL1xuZXhwb3J0IGZ1bmN0aW9uIGlzUGljayhub2RlOiB0cy5Ob2RlKTogbm9kZSBpcyB0cy5Ob2RlV2l0aFR5cGVBcmd1bWVudHMge1xuICBpZiAoIXRzLmlzVHlwZVJlZmVyZW5jZU5vZGUobm9kZSkgJiYgIXRzLmlzRXhwcmVzc2lvbldpdGhUeXBlQXJndW1lbnRzKG5vZGUpKSByZXR1cm4gZmFsc2VcbiAgY29uc3QgbmFtZSA9IHRzLmlzVHlwZVJlZmVyZW5jZU5vZGUobm9kZSkgPyBub2RlLnR5cGVOYW1lIDogbm9kZS5leHByZXNzaW9uXG4gIHJldHVybiBub2RlLnR5cGVBcmd1bWVudHM/Lmxlbmd0aCA9PT0gMiAmJiB0cy5pc0lkZW50aWZpZXIobmFtZSkgJiYgL14oUGlja3xPbWl0KSQvLnRlc3QobmFtZS50ZXh0KVxufVxuXG4vKiogV2hldGhlciBhbiBlbnRyeSBwb2ludCBnaXZlcyBvdXQgYSB0eXBlIGFsb25lLCBhcyBgZXhwb3J0IHR5cGUgeyBUb3BpY3MgfWA6IG5vYm9keSBjb25zdHJ1Y3RzIGl0LiAqL1xuZnVuY3Rpb24gaXNUeXBlT25seShzeW1ib2w6IHRzLlN5bWJvbCk6IGJvb2xlYW4ge1xuICByZXR1cm4gKHN5bWJvbC5kZWNsYXJhdGlvbnMgPz8gW10pLnNvbWUoXG4gICAgKGV4cG9ydGVkKSA9PiB0cy5pc0V4cG9ydFNwZWNpZmllcihleHBvcnRlZCkgJiYgKGV4cG9ydGVkLmlzVHlwZU9ubHkgfHwgZXhwb3J0ZWQucGFyZW50LnBhcmVudC5pc1R5cGVPbmx5KSxcbiAgKVxufVxuXG5mdW5jdGlvbiBpc1ByaXZhdGUocHJvcGVydHk6IHRzLlN5bWJvbCk6IGJvb2xlYW4ge1xuICByZXR1cm4gKHByb3BlcnR5LmRlY2xhcmF0aW9ucyA/PyBbXSkuc29tZShcbiAgICAoZGVjbGFyYXRpb24pID0+ICh0cy5nZXRDb21iaW5lZE1vZGlmaWVyRmxhZ3MoZGVjbGFyYXRpb24pICYgdHMuTW9kaWZpZXJGbGFncy5Qcml2YXRlKSAhPT0gMCxcbiAgKVxufVxuXG4vKiogV2hldGhlciBhIG1lbWJlciBpcyBmb3IgdGhlIFNESydzIG93biBwYXJ0cywgYXMgaXRzIGNvbW1lbnQgc2F5cyBieSBgQGludGVybmFsYDogdGhlIHR5cGVzIHRoYXQgYXJlIHNoaXBwZWQgZG8gbm90IGhhdmUgaXQuICovXG5mdW5jdGlvbiBpc0ludGVybmFsKHByb3BlcnR5OiB0cy5TeW1ib2wpOiBib29sZWFuIHtcbiAgcmV0dXJuIHByb3BlcnR5LmdldEpzRG9jVGFncygpLnNvbWUoKHsgbmFtZSB9KSA9PiBuYW1lID09PSAnaW50ZXJuYWwnKVxufVxuXG5mdW5jdGlvbiBpc1JlZmVyZW5jZSh0eXBlOiB0cy5UeXBlKTogdHlwZSBpcyB0cy5UeXBlUmVmZXJlbmNlIHtcbiAgcmV0dXJuICgodHlwZSBhcyB0cy5PYmplY3RUeXBlKS5vYmplY3RGbGFncyAmIHRzLk9iamVjdEZsYWdzLlJlZmVyZW5jZSkgIT09IDBcbn1cblxuLyoqIFRoZSBuYW1lcyBvZiBwcm9wZXJ0aWVzIGluIHRoZSBjb2RlIG9mIHBhY2thZ2VzLCBhbmQgdGhlaXIgdGV4dHM7IGEgbG9jYWwgdmFyaWFibGUgb3IgYSBjb21tZW50IGdpdmVzIG5vbmUuICovXG5mdW5jdGlvbiBuYW1lc0luKGZvbGRlcnM6IHJlYWRvbmx5IHN0cmluZ1tdKTogU2V0PHN0cmluZz4ge1xuICBjb25zdCBuYW1lcyA9IG5ldyBTZXQ8c3RyaW5nPigpXG4gIGNvbnN0IHZpc2l0ID0gKG5vZGU6IHRzLk5vZGUpOiB2b2lkID0+IHtcbiAgICBpZiAodHMuaXNTdHJpbmdMaXRlcmFsTGlrZShub2RlKSB8fCAodHMuaXNJZGVudGlmaWVyKG5vZGUpICYmIGlzUHJvcGVydHkobm9kZSkpKSBuYW1lcy5hZGQobm9kZS50ZXh0KVxuICAgIHRzLmZvckVhY2hDaGlsZChub2RlLCB2aXNpdClcbiAgfVxuICBmb3IgKGNvbnN0IGZvbGRlciBvZiBmb2xkZXJzKSB7XG4gICAgZm9yIChjb25zdCBmaWxlIG9mIHJlYWRkaXJTeW5jKGZvbGRlciwgeyByZWN1cnNpdmU6IHRydWUsIGVuY29kaW5nOiAndXRmOCcgfSkpIHtcbiAgICAgIGlmICghL1xcLltjbV0/anMkLy50ZXN0KGZpbGUpKSBjb250aW51ZVxuICAgICAgdmlzaXQodHMuY3JlYXRlU291cmNlRmlsZShmaWxlLCByZWFkRmlsZVN5bmMoam9pbihmb2xkZXIsIGZpbGUpLCAndXRmOCcpLCB0cy5TY3JpcHRUYXJnZXQuTGF0ZXN0LCB0cnVlLCB0cy5TY3JpcHRLaW5kLkpTKSlcbiAgICB9XG4gIH1cbiAgcmV0dXJuIG5hbWVzXG59XG5cbi8qKiBXaGV0aGVyIGFuIGlkZW50aWZpZXIgbmFtZXMgYSBwcm9wZXJ0eTogYWZ0ZXIgYSBkb3QsIG9yIGluIGFuIG9iamVjdCwgYSBjbGFzcyBvciBhIHBhdHRlcm4uICovXG5mdW5jdGlvbiBpc1Byb3BlcnR5KHsgcGFyZW50IH06IHRzLklkZW50aWZpZXIpOiBib29sZWFuIHtcbiAgcmV0dXJuIChcbiAgICB0cy5pc1Byb3BlcnR5QWNjZXNzRXhwcmVzc2lvbihwYXJlbnQpIHx8XG4gICAgdHMuaXNPYmplY3RMaXRlcmFsRWxlbWVudExpa2UocGFyZW50KSB8fFxuICAgIHRzLmlzQ2xhc3NFbGVtZW50KHBhcmVudCkgfHxcbiAgICB0cy5pc0JpbmRpbmdFbGVtZW50KHBhcmVudCkgfHxcbiAgICB0cy5pc0V4cG9ydFNwZWNpZmllcihwYXJlbnQpIHx8XG4gICAgdHMuaXNJbXBvcnRTcGVjaWZpZXIocGFyZW50KVxuICApXG59XG4iLCAiY29uc3QgX19pbmplY3RlZF9maWxlbmFtZV9fID0gXCIvd29yay93dC9vcGVyYXRlL2J1aWxkL2xldHRlcnMudHNcIjtjb25zdCBfX2luamVjdGVkX2Rpcm5hbWVfXyA9IFwiL3dvcmsvd3Qvb3BlcmF0ZS9idWlsZFwiO2NvbnN0IF9faW5qZWN0ZWRfaW1wb3J0X21ldGFfdXJsX18gPSBcImZpbGU6Ly8vd29yay93dC9vcGVyYXRlL2J1aWxkL2xldHRlcnMudHNcIjtpbXBvcnQgdHMgZnJvbSAndHlwZXNjcmlwdCdcbmltcG9ydCB0eXBlIHsgU291cmNlcyB9IGZyb20gJy4vcHJvZ3JhbS5qcydcblxuLyoqXG4gKiBUaGUgbGV0dGVycyBvZiB0aGUgbmFtZXMgdGhhdCBhcmUgbWV0IG1vc3Qgb2Z0ZW4sIHRoZSBzYW1lIGluIGV2ZXJ5IGJ1aWxkOiB3aGljaCBsZXR0ZXIgYSBuYW1lIGhhcyBtb3ZlcyB3aGF0IGEgcGFnZSBsb2FkcyBieSB1cCB0byA0MDBcbiAqIGJ5dGVzIGNvbXByZXNzZWQsIHNvIGl0IGRvZXMgbm90IGhhbmcgb24gaG93IG9mdGVuIG90aGVyIGVudHJpZXMgdXNlIGl0LiBGb3VuZCBieSBleGNoYW5naW5nIGxldHRlcnMgYXQgcmFuZG9tIHdoZXJldmVyIHRoYXQgbWFkZSBjb3JlXG4gKiBhbmQgZnVsbCBjb29yZGluYXRvciBzbWFsbGVyLCBzb21lIGZvdXIgdGhvdXNhbmQgdGltZXM7IGFueSBvdGhlcnMgd291bGQgZG8uXG4gKi9cbmV4cG9ydCBjb25zdCBMRVRURVJTOiBSZWFkb25seTxSZWNvcmQ8c3RyaW5nLCBzdHJpbmc+PiA9IHtcbiAgY2hhcmdlOiAnRycsXG4gIGYwJDogJ2YnLFxuICBmMSQ6ICdsJyxcbiAgZjEwJDogJyQnLFxuICBmMTEkOiAnVScsXG4gIGYxMiQ6ICdJJyxcbiAgZjEzJDogJ0QnLFxuICBmMTQkOiAncScsXG4gIGYxNSQ6ICdqJyxcbiAgZjE2JDogJ0onLFxuICBmMTgkOiAnWCcsXG4gIGYyJDogJ3UnLFxuICBmMjEkOiAnVycsXG4gIGYzJDogJ08nLFxuICBmNCQ6ICdTJyxcbiAgZjUkOiAnTScsXG4gIGY2JDogJ3cnLFxuICBmNyQ6ICdQJyxcbiAgZjgkOiAnZycsXG4gIGY5JDogJ0YnLFxuICBqdWRnZTogJ0gnLFxuICBtMCQ6ICd0JyxcbiAgbTEkOiAnZScsXG4gIG0xMCQ6ICdSJyxcbiAgbTExJDogJ1QnLFxuICBtMTIkOiAnQScsXG4gIG0xMyQ6ICdWJyxcbiAgbTE0JDogJ0MnLFxuICBtMTUkOiAnQicsXG4gIG0xNiQ6ICdRJyxcbiAgbTE3JDogJ3onLFxuICBtMiQ6ICdpJyxcbiAgbTIwJDogJ1knLFxuICBtMjEkOiAnWicsXG4gIG0yNiQ6ICdfJyxcbiAgbTMkOiAncicsXG4gIG00JDogJ28nLFxuICBtNSQ6ICdjJyxcbiAgbTYkOiAnbScsXG4gIG03JDogJ0wnLFxuICBtOCQ6ICdFJyxcbiAgbTkkOiAnaycsXG4gIG5hbWVzOiAnSycsXG4gIHB1Ymxpc2hlcjogJ04nLFxufVxuXG4vKiogQHRocm93cyBFcnJvciB3aGVyZSBhIHNvdXJjZSBoYXMgYSBwcm9wZXJ0eSBvZiBvbmUgbGV0dGVyIHRoYXQgaXMgaW4gdGhlIHRhYmxlOiBhbiBvYmplY3Qgb2Ygb3VycyBjb3VsZCBoYXZlIGJvdGguICovXG5leHBvcnQgZnVuY3Rpb24gY2hlY2tMZXR0ZXJzKHsgZmlsZXMgfTogU291cmNlcyk6IHZvaWQge1xuICBjb25zdCBnaXZlbiA9IG5ldyBTZXQoT2JqZWN0LnZhbHVlcyhMRVRURVJTKSlcbiAgY29uc3QgdmlzaXQgPSAobm9kZTogdHMuTm9kZSk6IHZvaWQgPT4ge1xuICAgIGlmICh0cy5pc0lkZW50aWZpZXIobm9kZSkgJiYgZ2l2ZW4uaGFzKG5vZGUudGV4dCkgJiYgaXNOYW1lKG5vZGUpKSB7XG4gICAgICB0aHJvdyBuZXcgRXJyb3IoXG4gICAgICAgIGAke25vZGUuZ2V0U291cmNlRmlsZSgpLmZpbGVOYW1lfTogdGhlIHByb3BlcnR5ICR7bm9kZS50ZXh0fSBpcyBhIG5hbWUgdGhhdCB0aGUgYnVpbGQgZ2l2ZXMgdG8gb3RoZXJzLiBXcml0ZSBhIGxvbmdlciBvbmUuYCxcbiAgICAgIClcbiAgICB9XG4gICAgdHMuZm9yRWFjaENoaWxkKG5vZGUsIHZpc2l0KVxuICB9XG4gIGZpbGVzLmZvckVhY2godmlzaXQpXG59XG5cbi8qKiBXaGV0aGVyIGFuIGlkZW50aWZpZXIgbmFtZXMgYSBwcm9wZXJ0eSBvZiBhbiBvYmplY3QuICovXG5mdW5jdGlvbiBpc05hbWUobm9kZTogdHMuSWRlbnRpZmllcik6IGJvb2xlYW4ge1xuICBjb25zdCB7IHBhcmVudCB9ID0gbm9kZVxuICBpZiAodHMuaXNCaW5kaW5nRWxlbWVudChwYXJlbnQpKVxuICAgIHJldHVybiB0cy5pc09iamVjdEJpbmRpbmdQYXR0ZXJuKHBhcmVudC5wYXJlbnQpICYmIChwYXJlbnQucHJvcGVydHlOYW1lID8/IHBhcmVudC5uYW1lKSA9PT0gbm9kZVxuICBjb25zdCBpc01lbWJlciA9IHRzLmlzUHJvcGVydHlBY2Nlc3NFeHByZXNzaW9uKHBhcmVudCkgfHwgdHMuaXNPYmplY3RMaXRlcmFsRWxlbWVudExpa2UocGFyZW50KSB8fCB0cy5pc0NsYXNzRWxlbWVudChwYXJlbnQpXG4gIHJldHVybiBpc01lbWJlciAmJiBwYXJlbnQubmFtZSA9PT0gbm9kZVxufVxuIiwgImNvbnN0IF9faW5qZWN0ZWRfZmlsZW5hbWVfXyA9IFwiL3dvcmsvd3Qvb3BlcmF0ZS9idWlsZC9wcml2YXRlLW5hbWVzLnRzXCI7Y29uc3QgX19pbmplY3RlZF9kaXJuYW1lX18gPSBcIi93b3JrL3d0L29wZXJhdGUvYnVpbGRcIjtjb25zdCBfX2luamVjdGVkX2ltcG9ydF9tZXRhX3VybF9fID0gXCJmaWxlOi8vL3dvcmsvd3Qvb3BlcmF0ZS9idWlsZC9wcml2YXRlLW5hbWVzLnRzXCI7aW1wb3J0IHRzIGZyb20gJ3R5cGVzY3JpcHQnXG5pbXBvcnQgdHlwZSB7IEVkaXQgfSBmcm9tICcuL2VkaXRzLmpzJ1xuaW1wb3J0IHsgaXNQaWNrIH0gZnJvbSAnLi9pbnRlcm5hbC1uYW1lcy5qcydcbmltcG9ydCB0eXBlIHsgU291cmNlcyB9IGZyb20gJy4vcHJvZ3JhbS5qcydcblxuLyoqIFdoYXQgYSBwcml2YXRlIG1lbWJlciBpcyBjYWxsZWQgb24gaXRzIHdheSB0aHJvdWdoIHRoZSBidWlsZCwgYW5kIG5vdGhpbmcgZWxzZSBpczogdGhlIGJ1aWxkIG1ha2VzIGl0IHNob3J0LCB3aGF0ZXZlciBiZWFycyB0aGUgbmFtZSB0b28uICovXG5leHBvcnQgY29uc3QgUFJJVkFURV9OQU1FID0gL15cXHcrXFwkJC9cblxuLyoqXG4gKiBXaGF0IGdpdmVzIHByaXZhdGUgbWVtYmVycyBvdGhlciBuYW1lczogdGhlIGZpZWxkcyBvZiBlYWNoIGNsYXNzIGFyZSBgbTAkYCwgYG0xJGAgYW5kIHNvIG9uLCB0aG9zZSBmaXJzdCB0aGF0IGl0cyBjb25zdHJ1Y3RvciBpc1xuICogZ2l2ZW4sIGFuZCBpdHMgbWV0aG9kcyBgZjAkYCwgYGYxJGAuIE5vYm9keSBidXQgdGhlIGNsYXNzIHJlYWRzIHRoZW0sIHNvIGNsYXNzZXMgbWF5IGNhbGwgdGhlaXJzIGFsaWtlLCBhbmQgd2hhdCBsb29rcyBhbGlrZSB0YWtlcyBmZXdcbiAqIGJ5dGVzIGNvbXByZXNzZWQuIEEgcHJpdmF0ZSBtZW1iZXIgaXMgZm91bmQgYnkgaXRzIGRlY2xhcmF0aW9uLCBzbyB0aGUgc2FtZSBuYW1lIGVsc2V3aGVyZSwgYXMgYW4gb3B0aW9uLCBhbiBldmVudCBvciBhIHB1YmxpY1xuICogbWVtYmVyLCBzdGF5cyB3aGF0IGl0IGlzLlxuICpcbiAqIEByZXR1cm5zIHRoZSBlZGl0cyBvZiB0aG9zZSBmaWxlcyB0aGF0IGhhdmUgcHJpdmF0ZSBtZW1iZXJzLlxuICovXG5leHBvcnQgZnVuY3Rpb24gcmVuYW1lUHJpdmF0ZXMoc291cmNlczogU291cmNlcywgbmFtZXM6IFByaXZhdGVOYW1lcywgc2hhcmVkOiBSZWFkb25seU1hcDxzdHJpbmcsIHN0cmluZz4pOiBNYXA8c3RyaW5nLCBFZGl0W10+IHtcbiAgY29uc3QgeyBjaGVja2VyIH0gPSBzb3VyY2VzXG4gIGNvbnN0IHJlbmFtZWQgPSBuZXcgTWFwPHN0cmluZywgRWRpdFtdPigpXG4gIGZvciAoY29uc3QgZmlsZSBvZiBzb3VyY2VzLmZpbGVzKSB7XG4gICAgY29uc3QgZWRpdHM6IEVkaXRbXSA9IFtdXG4gICAgY29uc3QgcmVuYW1lZEF0ID0gKG5vZGU6IHRzLklkZW50aWZpZXIpOiBzdHJpbmcgfCB1bmRlZmluZWQgPT4ge1xuICAgICAgY29uc3Qgb3duID0gbmFtZXMuYXQobm9kZSlcbiAgICAgIGNvbnN0IGtleSA9IHNoYXJlZC5nZXQobm9kZS50ZXh0KVxuICAgICAgLy8gYHsgY2xvY2sgfWAgbmFtZXMgYSBwcm9wZXJ0eSBhbmQgYSBwcml2YXRlIG1lbWJlci5cbiAgICAgIGlmIChvd24gIT09IHVuZGVmaW5lZCAmJiBrZXkgIT09IHVuZGVmaW5lZCAmJiB0cy5pc1Nob3J0aGFuZFByb3BlcnR5QXNzaWdubWVudChub2RlLnBhcmVudCkpXG4gICAgICAgIHJldHVybiBvd24ucmVwbGFjZShub2RlLnRleHQsIGtleSlcbiAgICAgIHJldHVybiBvd24gPz8gc2hhcmVkQXQobm9kZSwgc2hhcmVkLCBjaGVja2VyKVxuICAgIH1cbiAgICBjb25zdCB2aXNpdCA9IChub2RlOiB0cy5Ob2RlKTogdm9pZCA9PiB7XG4gICAgICBjb25zdCB0ZXh0ID0gdHMuaXNJZGVudGlmaWVyKG5vZGUpXG4gICAgICAgID8gcmVuYW1lZEF0KG5vZGUpXG4gICAgICAgIDogaXNUeXBlS2V5KG5vZGUpXG4gICAgICAgICAgPyBuYW1lcy5vZktleShub2RlKVxuICAgICAgICAgIDogaXNQaWNrS2V5KG5vZGUpICYmIHNoYXJlZC5oYXMobm9kZS50ZXh0KVxuICAgICAgICAgICAgPyBgJyR7c2hhcmVkLmdldChub2RlLnRleHQpfSdgXG4gICAgICAgICAgICA6IHVuZGVmaW5lZFxuICAgICAgaWYgKHRleHQgIT09IHVuZGVmaW5lZCkgZWRpdHMucHVzaCh7IHN0YXJ0OiBub2RlLmdldFN0YXJ0KCksIGVuZDogbm9kZS5lbmQsIHRleHQgfSlcbiAgICAgIHRzLmZvckVhY2hDaGlsZChub2RlLCB2aXNpdClcbiAgICB9XG4gICAgdmlzaXQoZmlsZSlcbiAgICBpZiAoZWRpdHMubGVuZ3RoID4gMCkgcmVuYW1lZC5zZXQoZmlsZS5maWxlTmFtZSwgZWRpdHMpXG4gIH1cbiAgcmV0dXJuIHJlbmFtZWRcbn1cblxuLyoqIFdoYXQgc3RhbmRzIGluIHRoZSBwbGFjZSBvZiBhbiBpZGVudGlmaWVyIHRoYXQgbmFtZXMgYSBwcm9wZXJ0eSwgb3IgdGhlIHBhcmFtZXRlciB0aGF0IG1ha2VzIG9uZSwgd2hvc2UgbmFtZSBpcyBzaGFyZWQuICovXG5mdW5jdGlvbiBzaGFyZWRBdChub2RlOiB0cy5JZGVudGlmaWVyLCBzaGFyZWQ6IFJlYWRvbmx5TWFwPHN0cmluZywgc3RyaW5nPiwgY2hlY2tlcjogdHMuVHlwZUNoZWNrZXIpOiBzdHJpbmcgfCB1bmRlZmluZWQge1xuICBjb25zdCB7IHBhcmVudCwgdGV4dCB9ID0gbm9kZVxuICBjb25zdCBuYW1lID0gc2hhcmVkLmdldCh0ZXh0KVxuICBpZiAobmFtZSA9PT0gdW5kZWZpbmVkKSByZXR1cm4gdW5kZWZpbmVkXG4gIGlmICh0cy5pc0JpbmRpbmdFbGVtZW50KHBhcmVudCkgJiYgdHMuaXNPYmplY3RCaW5kaW5nUGF0dGVybihwYXJlbnQucGFyZW50KSAmJiAocGFyZW50LnByb3BlcnR5TmFtZSA/PyBwYXJlbnQubmFtZSkgPT09IG5vZGUpIHtcbiAgICBpZiAocGFyZW50LmRvdERvdERvdFRva2VuICE9PSB1bmRlZmluZWQpIHJldHVybiB1bmRlZmluZWRcbiAgICByZXR1cm4gcGFyZW50LnByb3BlcnR5TmFtZSA9PT0gdW5kZWZpbmVkID8gYCR7bmFtZX06ICR7dGV4dH1gIDogbmFtZVxuICB9XG4gIGNvbnN0IGlzTWFkZSA9IGNoZWNrZXJcbiAgICAuZ2V0U3ltYm9sQXRMb2NhdGlvbihub2RlKVxuICAgID8uZGVjbGFyYXRpb25zPy5zb21lKChtYWRlKSA9PiB0cy5pc1BhcmFtZXRlclByb3BlcnR5RGVjbGFyYXRpb24obWFkZSwgbWFkZS5wYXJlbnQpKVxuICBpZiAodHMuaXNTaG9ydGhhbmRQcm9wZXJ0eUFzc2lnbm1lbnQocGFyZW50KSkge1xuICAgIGNvbnN0IHZhbHVlID0gY2hlY2tlci5nZXRTaG9ydGhhbmRBc3NpZ25tZW50VmFsdWVTeW1ib2wocGFyZW50KVxuICAgIGNvbnN0IGlzUGFyYW1ldGVyID0gdmFsdWU/LmRlY2xhcmF0aW9ucz8uc29tZSgobWFkZSkgPT4gdHMuaXNQYXJhbWV0ZXJQcm9wZXJ0eURlY2xhcmF0aW9uKG1hZGUsIG1hZGUucGFyZW50KSlcbiAgICByZXR1cm4gYCR7bmFtZX06ICR7aXNQYXJhbWV0ZXIgPyBuYW1lIDogdGV4dH1gXG4gIH1cbiAgY29uc3QgaXNOYW1lZCA9XG4gICAgKHRzLmlzUHJvcGVydHlBY2Nlc3NFeHByZXNzaW9uKHBhcmVudCkgJiYgcGFyZW50Lm5hbWUgPT09IG5vZGUpIHx8XG4gICAgKHRzLmlzUHJvcGVydHlBc3NpZ25tZW50KHBhcmVudCkgJiYgcGFyZW50Lm5hbWUgPT09IG5vZGUpIHx8XG4gICAgKCh0cy5pc0NsYXNzRWxlbWVudChwYXJlbnQpIHx8IHRzLmlzVHlwZUVsZW1lbnQocGFyZW50KSB8fCB0cy5pc01ldGhvZERlY2xhcmF0aW9uKHBhcmVudCkgfHwgdHMuaXNBY2Nlc3NvcihwYXJlbnQpKSAmJlxuICAgICAgcGFyZW50Lm5hbWUgPT09IG5vZGUpXG4gIHJldHVybiBpc05hbWVkIHx8IGlzTWFkZSA/IG5hbWUgOiB1bmRlZmluZWRcbn1cblxuZXhwb3J0IGNsYXNzIFByaXZhdGVOYW1lcyB7XG4gIHByaXZhdGUgcmVhZG9ubHkgY2hlY2tlcjogdHMuVHlwZUNoZWNrZXJcbiAgLyoqIEhvdyBtYW55IG5hbWVzIG9mIGZpZWxkcywgYW5kIG9mIG1ldGhvZHMsIHRoZSBwcml2YXRlIG1lbWJlcnMgb2YgYSBjbGFzcyB0YWtlLiAqL1xuICBwcml2YXRlIHJlYWRvbmx5IGNvdW50cyA9IG5ldyBNYXA8dHMuQ2xhc3NMaWtlRGVjbGFyYXRpb24sIENvdW50cz4oKVxuICBwcml2YXRlIHJlYWRvbmx5IG5hbWVzID0gbmV3IE1hcDx0cy5TeW1ib2wsIHN0cmluZz4oKVxuXG4gIGNvbnN0cnVjdG9yKHsgY2hlY2tlciwgZmlsZXMgfTogU291cmNlcykge1xuICAgIHRoaXMuY2hlY2tlciA9IGNoZWNrZXJcbiAgICBjb25zdCB2aXNpdCA9IChub2RlOiB0cy5Ob2RlKTogdm9pZCA9PiB7XG4gICAgICBpZiAodHMuaXNDbGFzc0xpa2Uobm9kZSkpIHRoaXMuY291bnQobm9kZSlcbiAgICAgIHRzLmZvckVhY2hDaGlsZChub2RlLCB2aXNpdClcbiAgICB9XG4gICAgZmlsZXMuZm9yRWFjaCh2aXNpdClcbiAgfVxuXG4gIC8qKiBXaGF0IHN0YW5kcyBpbiB0aGUgcGxhY2Ugb2YgYW4gaWRlbnRpZmllciB0aGF0IG5hbWVzIGEgcHJpdmF0ZSBtZW1iZXIsIG9yIHRoZSBwYXJhbWV0ZXIgd2hpY2ggbWFrZXMgb25lLiAqL1xuICBhdChub2RlOiB0cy5JZGVudGlmaWVyKTogc3RyaW5nIHwgdW5kZWZpbmVkIHtcbiAgICBjb25zdCB7IHBhcmVudCwgdGV4dCB9ID0gbm9kZVxuICAgIC8vIGBjb25zdCB7IGxpbWl0cyB9ID0gdGhpc2AgbmFtZXMgYSBtZW1iZXIgYW5kIGEgdmFyaWFibGUuXG4gICAgaWYgKFxuICAgICAgdHMuaXNCaW5kaW5nRWxlbWVudChwYXJlbnQpICYmXG4gICAgICB0cy5pc09iamVjdEJpbmRpbmdQYXR0ZXJuKHBhcmVudC5wYXJlbnQpICYmXG4gICAgICAocGFyZW50LnByb3BlcnR5TmFtZSA/PyBwYXJlbnQubmFtZSkgPT09IG5vZGVcbiAgICApIHtcbiAgICAgIGNvbnN0IG5hbWUgPSB0aGlzLm9mKHRoaXMuY2hlY2tlci5nZXRQcm9wZXJ0eU9mVHlwZSh0aGlzLmNoZWNrZXIuZ2V0VHlwZUF0TG9jYXRpb24ocGFyZW50LnBhcmVudCksIHRleHQpKVxuICAgICAgcmV0dXJuIG5hbWUgIT09IHVuZGVmaW5lZCAmJiBwYXJlbnQucHJvcGVydHlOYW1lID09PSB1bmRlZmluZWQgPyBgJHtuYW1lfTogJHt0ZXh0fWAgOiBuYW1lXG4gICAgfVxuICAgIGlmICh0cy5pc1Nob3J0aGFuZFByb3BlcnR5QXNzaWdubWVudChwYXJlbnQpKSB7XG4gICAgICBjb25zdCBuYW1lID0gdGhpcy5vZih0aGlzLmNoZWNrZXIuZ2V0U2hvcnRoYW5kQXNzaWdubWVudFZhbHVlU3ltYm9sKHBhcmVudCkpXG4gICAgICByZXR1cm4gbmFtZSAmJiBgJHt0ZXh0fTogJHtuYW1lfWBcbiAgICB9XG4gICAgcmV0dXJuIHRoaXMub2YodGhpcy5jaGVja2VyLmdldFN5bWJvbEF0TG9jYXRpb24obm9kZSkpXG4gIH1cblxuICAvKiogYFNlY3VyZUNoYW5uZWxbJ3N0YXRlJ11gLCBhIHR5cGUsIG5hbWVzIGEgbWVtYmVyIGJ5IGEgdGV4dC4gKi9cbiAgb2ZLZXkoeyBwYXJlbnQsIHRleHQgfTogdHMuU3RyaW5nTGl0ZXJhbCk6IHN0cmluZyB8IHVuZGVmaW5lZCB7XG4gICAgY29uc3QgeyBvYmplY3RUeXBlIH0gPSBwYXJlbnQucGFyZW50IGFzIHRzLkluZGV4ZWRBY2Nlc3NUeXBlTm9kZVxuICAgIGNvbnN0IG5hbWUgPSB0aGlzLm9mKHRoaXMuY2hlY2tlci5nZXRQcm9wZXJ0eU9mVHlwZSh0aGlzLmNoZWNrZXIuZ2V0VHlwZUZyb21UeXBlTm9kZShvYmplY3RUeXBlKSwgdGV4dCkpXG4gICAgcmV0dXJuIG5hbWUgJiYgYCcke25hbWV9J2BcbiAgfVxuXG4gIG9mKHN5bWJvbDogdHMuU3ltYm9sIHwgdW5kZWZpbmVkKTogc3RyaW5nIHwgdW5kZWZpbmVkIHtcbiAgICBjb25zdCBkZWNsYXJhdGlvbiA9IHN5bWJvbD8uZGVjbGFyYXRpb25zPy5maW5kKGlzUHJpdmF0ZSlcbiAgICByZXR1cm4gZGVjbGFyYXRpb24gJiYgdGhpcy5uYW1lcy5nZXQoZGVjbGFyZWQoZGVjbGFyYXRpb24pKVxuICB9XG5cbiAgLyoqIE5hbWVzIHRoZSBwcml2YXRlIG1lbWJlcnMgb2YgYSBjbGFzcyBhZnRlciB0aG9zZSBvZiB0aGUgY2xhc3MgdGhhdCBpdCBleHRlbmRzLiAqL1xuICBwcml2YXRlIGNvdW50KG93bmVyOiB0cy5DbGFzc0xpa2VEZWNsYXJhdGlvbik6IENvdW50cyB7XG4gICAgY29uc3Qga25vd24gPSB0aGlzLmNvdW50cy5nZXQob3duZXIpXG4gICAgaWYgKGtub3duICE9PSB1bmRlZmluZWQpIHJldHVybiBrbm93blxuICAgIGNvbnN0IGV4dGVuZGVkID0gb3duZXIuaGVyaXRhZ2VDbGF1c2VzPy5maW5kKCh7IHRva2VuIH0pID0+IHRva2VuID09PSB0cy5TeW50YXhLaW5kLkV4dGVuZHNLZXl3b3JkKT8udHlwZXNbMF1cbiAgICBjb25zdCBiYXNlID0gZXh0ZW5kZWQgJiYgdGhpcy5jaGVja2VyLmdldFR5cGVBdExvY2F0aW9uKGV4dGVuZGVkLmV4cHJlc3Npb24pLnN5bWJvbD8udmFsdWVEZWNsYXJhdGlvblxuICAgIGNvbnN0IGNvdW50cyA9IGJhc2UgIT09IHVuZGVmaW5lZCAmJiB0cy5pc0NsYXNzTGlrZShiYXNlKSA/IHsgLi4udGhpcy5jb3VudChiYXNlKSB9IDogeyBtOiAwLCBmOiAwIH1cbiAgICBjb25zdCBnaXZlbiA9IG93bmVyLm1lbWJlcnMuZmlsdGVyKHRzLmlzQ29uc3RydWN0b3JEZWNsYXJhdGlvbikuZmxhdE1hcCgoeyBwYXJhbWV0ZXJzIH0pID0+IFsuLi5wYXJhbWV0ZXJzXSlcbiAgICBmb3IgKGNvbnN0IG1lbWJlciBvZiBbLi4uZ2l2ZW4sIC4uLm93bmVyLm1lbWJlcnNdLmZpbHRlcihpc1ByaXZhdGUpKSB7XG4gICAgICBjb25zdCBzeW1ib2wgPSBkZWNsYXJlZChtZW1iZXIpXG4gICAgICBjb25zdCBraW5kID0gdHMuaXNNZXRob2REZWNsYXJhdGlvbihtZW1iZXIpID8gJ2YnIDogJ20nXG4gICAgICBpZiAoIXRoaXMubmFtZXMuaGFzKHN5bWJvbCkpIHRoaXMubmFtZXMuc2V0KHN5bWJvbCwgYCR7a2luZH0ke2NvdW50c1traW5kXSsrfSRgKVxuICAgIH1cbiAgICB0aGlzLmNvdW50cy5zZXQob3duZXIsIGNvdW50cylcbiAgICByZXR1cm4gY291bnRzXG4gIH1cbn1cblxuaW50ZXJmYWNlIENvdW50cyB7XG4gIG06IG51bWJlclxuICBmOiBudW1iZXJcbn1cblxuLyoqIFRoZSBzeW1ib2wgdGhhdCBhIGdldHRlciBzaGFyZXMgd2l0aCBpdHMgc2V0dGVyLiAqL1xuZnVuY3Rpb24gZGVjbGFyZWQoZGVjbGFyYXRpb246IHRzLkRlY2xhcmF0aW9uKTogdHMuU3ltYm9sIHtcbiAgcmV0dXJuIChkZWNsYXJhdGlvbiBhcyB0cy5EZWNsYXJhdGlvbiAmIHsgc3ltYm9sOiB0cy5TeW1ib2wgfSkuc3ltYm9sXG59XG5cbmZ1bmN0aW9uIGlzUHJpdmF0ZShkZWNsYXJhdGlvbjogdHMuRGVjbGFyYXRpb24pOiBib29sZWFuIHtcbiAgY29uc3QgaXNNZW1iZXIgPSB0cy5pc0NsYXNzRWxlbWVudChkZWNsYXJhdGlvbikgfHwgdHMuaXNQYXJhbWV0ZXIoZGVjbGFyYXRpb24pXG4gIHJldHVybiBpc01lbWJlciAmJiAodHMuZ2V0Q29tYmluZWRNb2RpZmllckZsYWdzKGRlY2xhcmF0aW9uKSAmIHRzLk1vZGlmaWVyRmxhZ3MuUHJpdmF0ZSkgIT09IDBcbn1cblxuZnVuY3Rpb24gaXNUeXBlS2V5KG5vZGU6IHRzLk5vZGUpOiBub2RlIGlzIHRzLlN0cmluZ0xpdGVyYWwge1xuICByZXR1cm4gdHMuaXNTdHJpbmdMaXRlcmFsKG5vZGUpICYmIHRzLmlzTGl0ZXJhbFR5cGVOb2RlKG5vZGUucGFyZW50KSAmJiB0cy5pc0luZGV4ZWRBY2Nlc3NUeXBlTm9kZShub2RlLnBhcmVudC5wYXJlbnQpXG59XG5cbi8qKiBUaGUga2V5IG9mIGEgYFBpY2tgIG9yIGFuIGBPbWl0YCwgd2hpY2ggbmFtZXMgYSBtZW1iZXIgYnkgYSB0ZXh0LiAqL1xuZnVuY3Rpb24gaXNQaWNrS2V5KG5vZGU6IHRzLk5vZGUpOiBub2RlIGlzIHRzLlN0cmluZ0xpdGVyYWwge1xuICBpZiAoIXRzLmlzU3RyaW5nTGl0ZXJhbChub2RlKSB8fCAhdHMuaXNMaXRlcmFsVHlwZU5vZGUobm9kZS5wYXJlbnQpKSByZXR1cm4gZmFsc2VcbiAgY29uc3QgbGlzdCA9IHRzLmlzVW5pb25UeXBlTm9kZShub2RlLnBhcmVudC5wYXJlbnQpID8gbm9kZS5wYXJlbnQucGFyZW50IDogbm9kZS5wYXJlbnRcbiAgcmV0dXJuIGlzUGljayhsaXN0LnBhcmVudClcbn1cbiIsICJjb25zdCBfX2luamVjdGVkX2ZpbGVuYW1lX18gPSBcIi93b3JrL3d0L29wZXJhdGUvYnVpbGQvcHJvZ3JhbS50c1wiO2NvbnN0IF9faW5qZWN0ZWRfZGlybmFtZV9fID0gXCIvd29yay93dC9vcGVyYXRlL2J1aWxkXCI7Y29uc3QgX19pbmplY3RlZF9pbXBvcnRfbWV0YV91cmxfXyA9IFwiZmlsZTovLy93b3JrL3d0L29wZXJhdGUvYnVpbGQvcHJvZ3JhbS50c1wiO2ltcG9ydCB7IGRpcm5hbWUgfSBmcm9tICdub2RlOnBhdGgnXG5pbXBvcnQgdHMgZnJvbSAndHlwZXNjcmlwdCdcblxuLyoqIFRoZSBzb3VyY2VzLCBhcyBUeXBlU2NyaXB0IHJlYWRzIHRoZW0uICovXG5leHBvcnQgaW50ZXJmYWNlIFNvdXJjZXMge1xuICBwcm9ncmFtOiB0cy5Qcm9ncmFtXG4gIGNoZWNrZXI6IHRzLlR5cGVDaGVja2VyXG4gIGZpbGVzOiByZWFkb25seSB0cy5Tb3VyY2VGaWxlW11cbn1cblxuZXhwb3J0IGZ1bmN0aW9uIHJlYWRTb3VyY2VzKGNvbmZpZzogc3RyaW5nKTogU291cmNlcyB7XG4gIGNvbnN0IHJvb3QgPSBkaXJuYW1lKGNvbmZpZylcbiAgY29uc3QganNvbiA9IHsgLi4udHMucmVhZENvbmZpZ0ZpbGUoY29uZmlnLCB0cy5zeXMucmVhZEZpbGUpLmNvbmZpZywgaW5jbHVkZTogWydzcmMnXSB9XG4gIGNvbnN0IHsgb3B0aW9ucywgZmlsZU5hbWVzIH0gPSB0cy5wYXJzZUpzb25Db25maWdGaWxlQ29udGVudChqc29uLCB0cy5zeXMsIHJvb3QpXG4gIGNvbnN0IHByb2dyYW0gPSB0cy5jcmVhdGVQcm9ncmFtKGZpbGVOYW1lcywgb3B0aW9ucylcbiAgLy8gVGhlIHRlc3RlciByZWFkcyB3aGF0IHN0cmFuZ2VycyBzZW5kLCBvZiBhbnkgZm9ybSwgc28gaXRzIG5hbWVzIGFyZSBldmVyeWJvZHknczogaXQgaXMgYnVpbHQgYnkgaXRzZWxmLCB3aXRoIHRoZSBuYW1lcyBhcyB0aGV5IGFyZS5cbiAgY29uc3QgaXNUZXN0ZXIgPSAoZmlsZU5hbWU6IHN0cmluZykgPT4gZmlsZU5hbWUuc3RhcnRzV2l0aChgJHtyb290fS9zcmMvbm9kZS9jb25mb3JtL2ApXG4gIGNvbnN0IGZpbGVzID0gcHJvZ3JhbS5nZXRTb3VyY2VGaWxlcygpLmZpbHRlcigoeyBmaWxlTmFtZSB9KSA9PiBmaWxlTmFtZS5zdGFydHNXaXRoKGAke3Jvb3R9L3NyYy9gKSAmJiAhaXNUZXN0ZXIoZmlsZU5hbWUpKVxuICByZXR1cm4geyBwcm9ncmFtLCBjaGVja2VyOiBwcm9ncmFtLmdldFR5cGVDaGVja2VyKCksIGZpbGVzIH1cbn1cblxuLyoqIEB0aHJvd3MgRXJyb3Igd2hlcmUgYSBwcm9wZXJ0eSBpcyByZWFkIGFuZCBub3RoaW5nIGRvbmUgd2l0aCBpdDogd2hhdCBpcyBidWlsdCByZWFkcyBpdCBubyBtb3JlLCB3aGF0ZXZlciBpdHMgZ2V0dGVyIGRvZXMuICovXG5leHBvcnQgZnVuY3Rpb24gY2hlY2tSZWFkcyh7IGZpbGVzIH06IFNvdXJjZXMpOiB2b2lkIHtcbiAgY29uc3QgdmlzaXQgPSAobm9kZTogdHMuTm9kZSk6IHZvaWQgPT4ge1xuICAgIGNvbnN0IGlzSWRsZSA9IHRzLmlzRXhwcmVzc2lvblN0YXRlbWVudChub2RlKSB8fCB0cy5pc1ZvaWRFeHByZXNzaW9uKG5vZGUpXG4gICAgaWYgKGlzSWRsZSAmJiB0cy5pc1Byb3BlcnR5QWNjZXNzRXhwcmVzc2lvbihub2RlLmV4cHJlc3Npb24pKSB7XG4gICAgICB0aHJvdyBuZXcgRXJyb3IoYCR7bm9kZS5nZXRTb3VyY2VGaWxlKCkuZmlsZU5hbWV9OiAke25vZGUuZ2V0VGV4dCgpfSBvbmx5IHJlYWRzLiBDYWxsIGEgbWV0aG9kLmApXG4gICAgfVxuICAgIHRzLmZvckVhY2hDaGlsZChub2RlLCB2aXNpdClcbiAgfVxuICBmaWxlcy5mb3JFYWNoKHZpc2l0KVxufVxuIiwgImNvbnN0IF9faW5qZWN0ZWRfZmlsZW5hbWVfXyA9IFwiL3dvcmsvd3Qvb3BlcmF0ZS9idWlsZC9zZW50ZW5jZXMudHNcIjtjb25zdCBfX2luamVjdGVkX2Rpcm5hbWVfXyA9IFwiL3dvcmsvd3Qvb3BlcmF0ZS9idWlsZFwiO2NvbnN0IF9faW5qZWN0ZWRfaW1wb3J0X21ldGFfdXJsX18gPSBcImZpbGU6Ly8vd29yay93dC9vcGVyYXRlL2J1aWxkL3NlbnRlbmNlcy50c1wiO2ltcG9ydCB7IGRpcm5hbWUsIHJlc29sdmUgfSBmcm9tICdub2RlOnBhdGgnXG5pbXBvcnQgdHMgZnJvbSAndHlwZXNjcmlwdCdcbmltcG9ydCB0eXBlIHsgRWRpdCB9IGZyb20gJy4vZWRpdHMuanMnXG5pbXBvcnQgdHlwZSB7IFNvdXJjZXMgfSBmcm9tICcuL3Byb2dyYW0uanMnXG5pbXBvcnQgeyBpc05ld0Vycm9yLCBSZWZlcmVuY2VzIH0gZnJvbSAnLi9yZWZlcmVuY2VzLmpzJ1xuXG4vKiogV2hhdCBzdGFuZHMgYmV0d2VlbiB0d28gc2VudGVuY2VzIG9mIHRoZSB0YWJsZSwgYW5kIGZvciBhIHZhbHVlIGluIG9uZSBvZiB0aGVtLiAqL1xuY29uc3QgQkVUV0VFTiA9ICd8J1xuY29uc3QgVkFMVUUgPSAnfidcblxuLyoqIEEgdGV4dCBzaG9ydGVyIHRoYW4gdGhpcyBzdGF5cyB3aGVyZSBpdCBpczogaXRzIG51bWJlciB3b3VsZCBzYXZlIG5vdGhpbmcuICovXG5jb25zdCBNSU5fTEVOR1RIID0gMTJcblxuLyoqIFRoZSBjb25zdGFudCBvZiB0aGUgc291cmNlcyB0aGF0IGFsbCBzZW50ZW5jZXMgYXJlIHB1dCBpbi4gKi9cbmNvbnN0IFRBQkxFID0gJ1NFTlRFTkNFUydcblxuLyoqXG4gKiBUYWtlcyB0aGUgc2VudGVuY2VzIG9mIGVycm9ycyBvdXQgb2YgdGhlIHNvdXJjZXM6IGBuZXcgUDJQRXJyb3IoY29kZSwgJ1RoZSBzdG9yZSBpcyBmdWxsLicpYCBiZWNvbWVzIGBuZXcgUDJQRXJyb3IoY29kZSwgNylgLCBhbmQgYVxuICogc2VudGVuY2Ugd2l0aCB2YWx1ZXMgYFs4LCB2YWx1ZSwgdmFsdWVdYCwgd2hlcmUgNyBhbmQgOCBhcmUgcGxhY2VzIGluIGEgdGFibGUuIFdoYXQgYW4gYXBwbGljYXRpb24gZG9lcyBub3QgaW1wb3J0IHRoZSB0YWJsZSBvZlxuICogY29zdHMgaXQgbm8gYnl0ZXMuIEEgc2VudGVuY2UgdGhhdCByZWFjaGVzIHRoZSBlcnJvciBieSBhIHZhcmlhYmxlLCBhIHBhcmFtZXRlciBvciB0aGUgcmVzdWx0IG9mIGEgZnVuY3Rpb24gaXMgZm91bmQgdGhlcmUsIGlmIGl0XG4gKiBnb2VzIG5vd2hlcmUgYnV0IGludG8gZXJyb3JzLlxuICpcbiAqIEBwYXJhbSBlbnRyaWVzIHRoZSBmaWxlcyB3aG9zZSBpbXBvcnRzLCBhbmQgdGhlaXJzLCBhcmUgcmVhZDsgc2VudGVuY2VzIGVsc2V3aGVyZSBzdGF5LlxuICogQHJldHVybnMgdGhlIGVkaXRzIG9mIHRob3NlIGZpbGVzIHRoYXQgaGF2ZSBzZW50ZW5jZXMsIGFuZCBvZiB0aGUgb25lIHRoYXQgdGhlIHRhYmxlIGlzIGZvci5cbiAqL1xuZXhwb3J0IGZ1bmN0aW9uIGxpZnRTZW50ZW5jZXMoc291cmNlczogU291cmNlcywgZW50cmllczogcmVhZG9ubHkgc3RyaW5nW10pOiBNYXA8c3RyaW5nLCBFZGl0W10+IHtcbiAgY29uc3QgcmVhY2hlZCA9IGVudHJpZXMubWFwKChlbnRyeSkgPT4gbmV3IFNldChyZWFjaGFibGUoc291cmNlcywgZW50cnkpKSlcbiAgY29uc3Qgd2l0aGluID0gbmV3IFNldChyZWFjaGVkLmZsYXRNYXAoKGZpbGVzKSA9PiBbLi4uZmlsZXNdKSlcbiAgY29uc3QgcGxhY2VzID0gbmV3IFBsYWNlcyhzb3VyY2VzLCB3aXRoaW4pXG4gIGNvbnN0IGZvdW5kOiB7IG5vZGU6IHRzLkV4cHJlc3Npb247IHRleHQ6IHN0cmluZyB9W10gPSBbXVxuICBsZXQgdGFibGU6IHRzLkV4cHJlc3Npb24gfCB1bmRlZmluZWRcbiAgY29uc3QgdmlzaXQgPSAobm9kZTogdHMuTm9kZSk6IHZvaWQgPT4ge1xuICAgIGlmICh0cy5pc1N0cmluZ0xpdGVyYWxMaWtlKG5vZGUpICYmIG5vZGUudGV4dC5sZW5ndGggPj0gTUlOX0xFTkdUSCAmJiBwbGFjZXMuaXNTZW50ZW5jZShub2RlKSlcbiAgICAgIGZvdW5kLnB1c2goeyBub2RlLCB0ZXh0OiBub2RlLnRleHQgfSlcbiAgICBpZiAodHMuaXNUZW1wbGF0ZUV4cHJlc3Npb24obm9kZSkgJiYgcGxhY2VzLmlzU2VudGVuY2Uobm9kZSkpIGZvdW5kLnB1c2goeyBub2RlLCB0ZXh0OiB0ZXh0T2Yobm9kZSkgfSlcbiAgICBpZiAodHMuaXNWYXJpYWJsZURlY2xhcmF0aW9uKG5vZGUpICYmIG5vZGUubmFtZS5nZXRUZXh0KCkgPT09IFRBQkxFKSB0YWJsZSA9IG5vZGUuaW5pdGlhbGl6ZXJcbiAgICB0cy5mb3JFYWNoQ2hpbGQobm9kZSwgdmlzaXQpXG4gIH1cbiAgZm9yIChjb25zdCBmaWxlIG9mIHdpdGhpbikgdmlzaXQoZmlsZSlcbiAgLy8gVGhvc2Ugb2YgdGhlIGZpcnN0IGVudHJ5IGhhdmUgdGhlIHNtYWxsZXN0IG51bWJlcnM6IHdoYXQgYW5vdGhlciBlbnRyeSBhZGRzIGNvc3RzIGl0IG5vdGhpbmcuXG4gIGNvbnN0IHJhbmtPZiA9IChub2RlOiB0cy5Ob2RlKSA9PiByZWFjaGVkLmZpbmRJbmRleCgoZmlsZXMpID0+IGZpbGVzLmhhcyhub2RlLmdldFNvdXJjZUZpbGUoKSkpXG4gIGNvbnN0IHJhbmtzID0gbmV3IE1hcDxzdHJpbmcsIG51bWJlcj4oKVxuICBmb3IgKGNvbnN0IHsgbm9kZSwgdGV4dCB9IG9mIGZvdW5kKSByYW5rcy5zZXQodGV4dCwgTWF0aC5taW4ocmFua09mKG5vZGUpLCByYW5rcy5nZXQodGV4dCkgPz8gcmFua09mKG5vZGUpKSlcbiAgY29uc3QgdGV4dHMgPSBbLi4ucmFua3Mua2V5cygpXS5zb3J0KChhLCBiKSA9PiByYW5rcy5nZXQoYSkhIC0gcmFua3MuZ2V0KGIpISB8fCAoYSA8IGIgPyAtMSA6IDEpKVxuICBjb25zdCB1bmZpdCA9IHRleHRzLmZpbmQoKHRleHQpID0+IHRleHQuaW5jbHVkZXMoQkVUV0VFTikpXG4gIGlmICh1bmZpdCAhPT0gdW5kZWZpbmVkKSB0aHJvdyBuZXcgRXJyb3IoYEEgc2VudGVuY2UgbWF5IG5vdCBob2xkICR7QkVUV0VFTn06ICR7dW5maXR9YClcbiAgY29uc3QgZWRpdHMgPSBuZXcgTWFwPHN0cmluZywgRWRpdFtdPigpXG4gIGNvbnN0IGFkZCA9IChub2RlOiB0cy5Ob2RlLCBtYWRlOiBFZGl0W10pID0+IHtcbiAgICBjb25zdCB7IGZpbGVOYW1lIH0gPSBub2RlLmdldFNvdXJjZUZpbGUoKVxuICAgIGVkaXRzLnNldChmaWxlTmFtZSwgWy4uLihlZGl0cy5nZXQoZmlsZU5hbWUpID8/IFtdKSwgLi4ubWFkZV0pXG4gIH1cbiAgZm9yIChjb25zdCB7IG5vZGUsIHRleHQgfSBvZiBmb3VuZCkgYWRkKG5vZGUsIGVkaXRzT2Yobm9kZSwgdGV4dHMuaW5kZXhPZih0ZXh0KSwgaXNXaG9sZShub2RlKSkpXG4gIGFkZCh0YWJsZSEsIFt7IHN0YXJ0OiB0YWJsZSEuZ2V0U3RhcnQoKSwgZW5kOiB0YWJsZSEuZW5kLCB0ZXh0OiBKU09OLnN0cmluZ2lmeSh0ZXh0cy5qb2luKEJFVFdFRU4pKSB9XSlcbiAgcmV0dXJuIGVkaXRzXG59XG5cbi8qKiBBIHRlbXBsYXRlIHdpdGggYSBtYXJrIGZvciBlYWNoIHZhbHVlLiAqL1xuZnVuY3Rpb24gdGV4dE9mKHsgaGVhZCwgdGVtcGxhdGVTcGFucyB9OiB0cy5UZW1wbGF0ZUV4cHJlc3Npb24pOiBzdHJpbmcge1xuICBjb25zdCBwaWVjZXMgPSBbaGVhZC50ZXh0LCAuLi50ZW1wbGF0ZVNwYW5zLm1hcCgoeyBsaXRlcmFsIH0pID0+IGxpdGVyYWwudGV4dCldXG4gIGNvbnN0IHVuZml0ID0gcGllY2VzLmZpbmQoKHBpZWNlKSA9PiBwaWVjZS5pbmNsdWRlcyhWQUxVRSkpXG4gIGlmICh1bmZpdCAhPT0gdW5kZWZpbmVkKSB0aHJvdyBuZXcgRXJyb3IoYEEgc2VudGVuY2Ugd2l0aCB2YWx1ZXMgbWF5IG5vdCBob2xkICR7VkFMVUV9OiAke3VuZml0fWApXG4gIHJldHVybiBwaWVjZXMuam9pbihWQUxVRSlcbn1cblxuLyoqIE9ubHkgdGhlIHRleHQgYmV0d2VlbiB0aGUgdmFsdWVzIGlzIHdyaXR0ZW4gYW5ldzogaW4gdGhlIHZhbHVlcywgb3RoZXIgbmFtZXMgbWF5IGJlLiAqL1xuZnVuY3Rpb24gZWRpdHNPZihub2RlOiB0cy5FeHByZXNzaW9uLCBudW1iZXI6IG51bWJlciwgd2hvbGU6IGJvb2xlYW4pOiBFZGl0W10ge1xuICBpZiAoIXRzLmlzVGVtcGxhdGVFeHByZXNzaW9uKG5vZGUpKVxuICAgIHJldHVybiBbeyBzdGFydDogbm9kZS5nZXRTdGFydCgpLCBlbmQ6IG5vZGUuZW5kLCB0ZXh0OiB3aG9sZSA/IGAke251bWJlcn1gIDogYFske251bWJlcn1dYCB9XVxuICBjb25zdCB7IGhlYWQsIHRlbXBsYXRlU3BhbnMgfSA9IG5vZGVcbiAgY29uc3QgZWRpdHMgPSBbeyBzdGFydDogaGVhZC5nZXRTdGFydCgpLCBlbmQ6IGhlYWQuZW5kLCB0ZXh0OiBgWyR7bnVtYmVyfSxgIH1dXG4gIGZvciAoY29uc3QgW2ksIHsgbGl0ZXJhbCB9XSBvZiB0ZW1wbGF0ZVNwYW5zLmVudHJpZXMoKSkge1xuICAgIGVkaXRzLnB1c2goeyBzdGFydDogbGl0ZXJhbC5nZXRTdGFydCgpLCBlbmQ6IGxpdGVyYWwuZW5kLCB0ZXh0OiBpID09PSB0ZW1wbGF0ZVNwYW5zLmxlbmd0aCAtIDEgPyAnXScgOiAnLCcgfSlcbiAgfVxuICByZXR1cm4gZWRpdHNcbn1cblxuLyoqIFdoZXRoZXIgYW4gZXhwcmVzc2lvbiwgb3IgYSBicmFuY2ggb2YgaXQsIGlzIHdoYXQgYW4gZXJyb3IgaXMgY29uc3RydWN0ZWQgd2l0aDsgZWxzZXdoZXJlIGEgbnVtYmVyIGNvdWxkIGJlIGEgdmFsdWUuICovXG5mdW5jdGlvbiBpc1dob2xlKG5vZGU6IHRzLkV4cHJlc3Npb24pOiBib29sZWFuIHtcbiAgY29uc3QgeyBwYXJlbnQgfSA9IG5vZGVcbiAgcmV0dXJuIGlzTmV3RXJyb3IocGFyZW50KSB8fCAoKHRzLmlzUGFyZW50aGVzaXplZEV4cHJlc3Npb24ocGFyZW50KSB8fCBpc0JyYW5jaChub2RlKSkgJiYgaXNXaG9sZShwYXJlbnQgYXMgdHMuRXhwcmVzc2lvbikpXG59XG5cbmZ1bmN0aW9uIGlzQnJhbmNoKG5vZGU6IHRzLk5vZGUpOiBib29sZWFuIHtcbiAgY29uc3QgeyBwYXJlbnQgfSA9IG5vZGVcbiAgcmV0dXJuIHRzLmlzQ29uZGl0aW9uYWxFeHByZXNzaW9uKHBhcmVudCkgJiYgcGFyZW50LmNvbmRpdGlvbiAhPT0gbm9kZVxufVxuXG4vKiogVGhlIGZpbGVzIHRoYXQgb25lIGxvYWRzLCB0eXBlcyBhc2lkZS4gKi9cbmZ1bmN0aW9uIHJlYWNoYWJsZSh7IHByb2dyYW0sIGZpbGVzIH06IFNvdXJjZXMsIGVudHJ5OiBzdHJpbmcpOiBTZXQ8dHMuU291cmNlRmlsZT4ge1xuICBjb25zdCBvd24gPSBuZXcgU2V0KGZpbGVzKVxuICBjb25zdCBmb3VuZCA9IG5ldyBTZXQ8dHMuU291cmNlRmlsZT4oW3Byb2dyYW0uZ2V0U291cmNlRmlsZShlbnRyeSkhXSlcbiAgZm9yIChjb25zdCBmaWxlIG9mIGZvdW5kKSB7XG4gICAgZm9yIChjb25zdCBzdGF0ZW1lbnQgb2YgZmlsZS5zdGF0ZW1lbnRzKSB7XG4gICAgICBjb25zdCBpc0xpbmsgPSAodHMuaXNJbXBvcnREZWNsYXJhdGlvbihzdGF0ZW1lbnQpICYmICFzdGF0ZW1lbnQuaW1wb3J0Q2xhdXNlPy5pc1R5cGVPbmx5KSB8fCBpc0V4cG9ydChzdGF0ZW1lbnQpXG4gICAgICBpZiAoIWlzTGluayB8fCAhc3RhdGVtZW50Lm1vZHVsZVNwZWNpZmllciB8fCAhdHMuaXNTdHJpbmdMaXRlcmFsKHN0YXRlbWVudC5tb2R1bGVTcGVjaWZpZXIpKSBjb250aW51ZVxuICAgICAgY29uc3QgcGF0aCA9IHJlc29sdmUoZGlybmFtZShmaWxlLmZpbGVOYW1lKSwgc3RhdGVtZW50Lm1vZHVsZVNwZWNpZmllci50ZXh0LnJlcGxhY2UoL1xcLmpzJC8sICcudHMnKSlcbiAgICAgIGNvbnN0IHRhcmdldCA9IHByb2dyYW0uZ2V0U291cmNlRmlsZShwYXRoKVxuICAgICAgaWYgKHRhcmdldCAhPT0gdW5kZWZpbmVkICYmIG93bi5oYXModGFyZ2V0KSkgZm91bmQuYWRkKHRhcmdldClcbiAgICB9XG4gIH1cbiAgcmV0dXJuIGZvdW5kXG59XG5cbmZ1bmN0aW9uIGlzRXhwb3J0KHN0YXRlbWVudDogdHMuU3RhdGVtZW50KTogc3RhdGVtZW50IGlzIHRzLkV4cG9ydERlY2xhcmF0aW9uIHtcbiAgcmV0dXJuIHRzLmlzRXhwb3J0RGVjbGFyYXRpb24oc3RhdGVtZW50KSAmJiAhc3RhdGVtZW50LmlzVHlwZU9ubHlcbn1cblxuLyoqIFdoZXJlIGEgdGV4dCBpcyBhIHNlbnRlbmNlIG9mIGFuIGVycm9yLCBvciBhIHBhcnQgb2Ygb25lLCBhbmQgbm90aGluZyBlbHNlLiAqL1xuY2xhc3MgUGxhY2VzIHtcbiAgcHJpdmF0ZSByZWFkb25seSBjaGVja2VyOiB0cy5UeXBlQ2hlY2tlclxuICAvKiogVmFyaWFibGVzIGFuZCBwYXJhbWV0ZXJzIG9mIHdoaWNoIHRoYXQgbWF5IGJlIHRydWUsIGFuZCBmdW5jdGlvbnMgd2hvc2UgcmVzdWx0cyBpdCBtYXkgYmUgdHJ1ZSBvZjsgd2hhdCBpcyBub25lIGlzIHRha2VuIG91dC4gKi9cbiAgcHJpdmF0ZSByZWFkb25seSBjYXJyaWVycyA9IG5ldyBTZXQ8dHMuU3ltYm9sPigpXG4gIHByaXZhdGUgcmVhZG9ubHkgcmVmZXJlbmNlczogUmVmZXJlbmNlc1xuXG4gIGNvbnN0cnVjdG9yKFxuICAgIHNvdXJjZXM6IFNvdXJjZXMsXG4gICAgcHJpdmF0ZSByZWFkb25seSB3aXRoaW46IFJlYWRvbmx5U2V0PHRzLlNvdXJjZUZpbGU+LFxuICApIHtcbiAgICB0aGlzLmNoZWNrZXIgPSBzb3VyY2VzLmNoZWNrZXJcbiAgICB0aGlzLnJlZmVyZW5jZXMgPSBuZXcgUmVmZXJlbmNlcyhzb3VyY2VzKVxuICAgIGNvbnN0IHZpc2l0ID0gKG5vZGU6IHRzLk5vZGUpOiB2b2lkID0+IHtcbiAgICAgIGNvbnN0IHN5bWJvbCA9IHRoaXMuY2FuZGlkYXRlKG5vZGUpXG4gICAgICBpZiAoc3ltYm9sICE9PSB1bmRlZmluZWQpIHRoaXMuY2FycmllcnMuYWRkKHN5bWJvbClcbiAgICAgIHRzLmZvckVhY2hDaGlsZChub2RlLCB2aXNpdClcbiAgICB9XG4gICAgc291cmNlcy5maWxlcy5mb3JFYWNoKHZpc2l0KVxuICAgIGxldCBiZWZvcmU6IG51bWJlclxuICAgIGRvIHtcbiAgICAgIGJlZm9yZSA9IHRoaXMuY2FycmllcnMuc2l6ZVxuICAgICAgZm9yIChjb25zdCBzeW1ib2wgb2YgdGhpcy5jYXJyaWVycykgaWYgKCF0aGlzLmlzQ2FycmllcihzeW1ib2wpKSB0aGlzLmNhcnJpZXJzLmRlbGV0ZShzeW1ib2wpXG4gICAgfSB3aGlsZSAodGhpcy5jYXJyaWVycy5zaXplIDwgYmVmb3JlKVxuICB9XG5cbiAgLyoqIFdoZXRoZXIgd2hhdCBzdGFuZHMgaGVyZSBnb2VzIGludG8gYW4gZXJyb3IncyBzZW50ZW5jZSBvbmx5LiAqL1xuICBpc1NlbnRlbmNlKG5vZGU6IHRzLkV4cHJlc3Npb24pOiBib29sZWFuIHtcbiAgICBjb25zdCB7IHBhcmVudCB9ID0gbm9kZVxuICAgIGlmICh0cy5pc1BhcmVudGhlc2l6ZWRFeHByZXNzaW9uKHBhcmVudCkpIHJldHVybiB0aGlzLmlzU2VudGVuY2UocGFyZW50KVxuICAgIGlmIChpc0JyYW5jaChub2RlKSB8fCBpc0ZhbGxiYWNrKG5vZGUpKSByZXR1cm4gdGhpcy5pc1NlbnRlbmNlKHBhcmVudCBhcyB0cy5FeHByZXNzaW9uKVxuICAgIGlmIChpc05ld0Vycm9yKHBhcmVudCkpIHJldHVybiBwYXJlbnQuYXJndW1lbnRzPy5pbmRleE9mKG5vZGUpID09PSAxXG4gICAgaWYgKHRzLmlzVGVtcGxhdGVTcGFuKHBhcmVudCkpIHJldHVybiB0aGlzLndpdGhpbi5oYXMobm9kZS5nZXRTb3VyY2VGaWxlKCkpICYmIHRoaXMuaXNTZW50ZW5jZShwYXJlbnQucGFyZW50KVxuICAgIGlmICh0cy5pc0NhbGxFeHByZXNzaW9uKHBhcmVudCkpIHJldHVybiB0aGlzLmlzQ2FycnlpbmcodGhpcy5wYXJhbWV0ZXJPZihwYXJlbnQsIG5vZGUpKVxuICAgIGlmICgodHMuaXNWYXJpYWJsZURlY2xhcmF0aW9uKHBhcmVudCkgfHwgdHMuaXNQYXJhbWV0ZXIocGFyZW50KSkgJiYgcGFyZW50LmluaXRpYWxpemVyID09PSBub2RlKSB7XG4gICAgICByZXR1cm4gdGhpcy5pc0NhcnJ5aW5nKHRoaXMuY2hlY2tlci5nZXRTeW1ib2xBdExvY2F0aW9uKHBhcmVudC5uYW1lKSlcbiAgICB9XG4gICAgaWYgKGlzQXNzaWdubWVudChwYXJlbnQpICYmIHBhcmVudC5yaWdodCA9PT0gbm9kZSkgcmV0dXJuIHRoaXMuaXNDYXJyeWluZyh0aGlzLnJlZmVyZW5jZXMuc3ltYm9sQXQocGFyZW50LmxlZnQpKVxuICAgIGlmICh0cy5pc1JldHVyblN0YXRlbWVudChwYXJlbnQpIHx8ICh0cy5pc0Fycm93RnVuY3Rpb24ocGFyZW50KSAmJiBwYXJlbnQuYm9keSA9PT0gbm9kZSkpIHtcbiAgICAgIGNvbnN0IG93bmVyID0gdHMuaXNBcnJvd0Z1bmN0aW9uKHBhcmVudCkgPyBwYXJlbnQgOiB0cy5maW5kQW5jZXN0b3IocGFyZW50LCB0cy5pc0Z1bmN0aW9uTGlrZSlcbiAgICAgIHJldHVybiBvd25lciAhPT0gdW5kZWZpbmVkICYmIHRoaXMuaXNDYXJyeWluZyh0aGlzLnJlZmVyZW5jZXMuc3ltYm9sT2Yob3duZXIpKVxuICAgIH1cbiAgICByZXR1cm4gZmFsc2VcbiAgfVxuXG4gIHByaXZhdGUgaXNDYXJyeWluZyhzeW1ib2w6IHRzLlN5bWJvbCB8IHVuZGVmaW5lZCk6IGJvb2xlYW4ge1xuICAgIHJldHVybiBzeW1ib2wgIT09IHVuZGVmaW5lZCAmJiB0aGlzLmNhcnJpZXJzLmhhcyhzeW1ib2wpXG4gIH1cblxuICBwcml2YXRlIGNhbmRpZGF0ZShub2RlOiB0cy5Ob2RlKTogdHMuU3ltYm9sIHwgdW5kZWZpbmVkIHtcbiAgICBjb25zdCBpc1ZhcmlhYmxlID0gdHMuaXNWYXJpYWJsZURlY2xhcmF0aW9uKG5vZGUpICYmICFpc0V4cG9ydGVkKG5vZGUucGFyZW50LnBhcmVudClcbiAgICBpZiAoKGlzVmFyaWFibGUgfHwgKHRzLmlzUGFyYW1ldGVyKG5vZGUpICYmIGhhc0JvZHkobm9kZS5wYXJlbnQpKSkgJiYgdHMuaXNJZGVudGlmaWVyKG5vZGUubmFtZSkpIHtcbiAgICAgIHJldHVybiB0aGlzLmlzVGV4dCh0aGlzLmNoZWNrZXIuZ2V0VHlwZUF0TG9jYXRpb24obm9kZS5uYW1lKSkgPyB0aGlzLmNoZWNrZXIuZ2V0U3ltYm9sQXRMb2NhdGlvbihub2RlLm5hbWUpIDogdW5kZWZpbmVkXG4gICAgfVxuICAgIGlmICghdHMuaXNGdW5jdGlvbkRlY2xhcmF0aW9uKG5vZGUpICYmICF0cy5pc0Fycm93RnVuY3Rpb24obm9kZSkpIHJldHVybiB1bmRlZmluZWRcbiAgICBjb25zdCByZXR1cm5lZCA9IHRoaXMuY2hlY2tlci5nZXRTaWduYXR1cmVGcm9tRGVjbGFyYXRpb24obm9kZSk/LmdldFJldHVyblR5cGUoKVxuICAgIHJldHVybiByZXR1cm5lZCAhPT0gdW5kZWZpbmVkICYmIHRoaXMuaXNUZXh0KHJldHVybmVkKSA/IHRoaXMucmVmZXJlbmNlcy5zeW1ib2xPZihub2RlKSA6IHVuZGVmaW5lZFxuICB9XG5cbiAgcHJpdmF0ZSBpc1RleHQodHlwZTogdHMuVHlwZSk6IGJvb2xlYW4ge1xuICAgIGNvbnN0IHBhcnRzID0gdHlwZS5pc1VuaW9uKCkgPyB0eXBlLnR5cGVzIDogW3R5cGVdXG4gICAgY29uc3QgdGV4dHMgPSBwYXJ0cy5maWx0ZXIoKHBhcnQpID0+IChwYXJ0LmZsYWdzICYgdHMuVHlwZUZsYWdzLlN0cmluZ0xpa2UpICE9PSAwKVxuICAgIHJldHVybiB0ZXh0cy5sZW5ndGggPiAwICYmIHBhcnRzLmV2ZXJ5KChwYXJ0KSA9PiB0ZXh0cy5pbmNsdWRlcyhwYXJ0KSB8fCAocGFydC5mbGFncyAmIHRzLlR5cGVGbGFncy5VbmRlZmluZWQpICE9PSAwKVxuICB9XG5cbiAgcHJpdmF0ZSBpc0NhcnJpZXIoc3ltYm9sOiB0cy5TeW1ib2wpOiBib29sZWFuIHtcbiAgICBjb25zdCB1c2VzID0gdGhpcy5yZWZlcmVuY2VzLnVzZXNPZihzeW1ib2wpXG4gICAgY29uc3QgaXNGdW5jdGlvbiA9IHN5bWJvbC5kZWNsYXJhdGlvbnM/LnNvbWUoXG4gICAgICAoZGVjbGFyYXRpb24pID0+XG4gICAgICAgIHRzLmlzRnVuY3Rpb25EZWNsYXJhdGlvbihkZWNsYXJhdGlvbikgfHxcbiAgICAgICAgKHRzLmlzVmFyaWFibGVEZWNsYXJhdGlvbihkZWNsYXJhdGlvbikgJiZcbiAgICAgICAgICBkZWNsYXJhdGlvbi5pbml0aWFsaXplciAhPT0gdW5kZWZpbmVkICYmXG4gICAgICAgICAgdHMuaXNBcnJvd0Z1bmN0aW9uKGRlY2xhcmF0aW9uLmluaXRpYWxpemVyKSksXG4gICAgKVxuICAgIGNvbnN0IGlzVXNlZFNvID0gKHVzZTogdHMuSWRlbnRpZmllcik6IGJvb2xlYW4gPT4ge1xuICAgICAgaWYgKHRzLmlzSW1wb3J0U3BlY2lmaWVyKHVzZS5wYXJlbnQpKSByZXR1cm4gdHJ1ZVxuICAgICAgaWYgKCFpc0Z1bmN0aW9uKSByZXR1cm4gdGhpcy5pc1NlbnRlbmNlKHVzZSkgfHwgaXNRdWVzdGlvbih1c2UpIHx8IChpc0Fzc2lnbm1lbnQodXNlLnBhcmVudCkgJiYgdXNlLnBhcmVudC5sZWZ0ID09PSB1c2UpXG4gICAgICBjb25zdCBjYWxsID0gdXNlLnBhcmVudFxuICAgICAgcmV0dXJuIHRzLmlzQ2FsbEV4cHJlc3Npb24oY2FsbCkgJiYgY2FsbC5leHByZXNzaW9uID09PSB1c2UgJiYgKHRoaXMuaXNTZW50ZW5jZShjYWxsKSB8fCBpc1F1ZXN0aW9uKGNhbGwpKVxuICAgIH1cbiAgICByZXR1cm4gdXNlcy5sZW5ndGggPiAwICYmIHVzZXMuZXZlcnkoaXNVc2VkU28pXG4gIH1cblxuICAvKiogVGhlIHBhcmFtZXRlciB0aGF0IGFuIGFyZ3VtZW50IGlzIGdpdmVuIHRvLCB3aGVyZSB0aGUgZnVuY3Rpb24gdGhhdCBpcyBjYWxsZWQgaXMga25vd24uICovXG4gIHByaXZhdGUgcGFyYW1ldGVyT2YoY2FsbDogdHMuQ2FsbEV4cHJlc3Npb24sIGFyZ3VtZW50OiB0cy5FeHByZXNzaW9uKTogdHMuU3ltYm9sIHwgdW5kZWZpbmVkIHtcbiAgICBjb25zdCBpID0gY2FsbC5hcmd1bWVudHMuaW5kZXhPZihhcmd1bWVudClcbiAgICBjb25zdCB7IGRlY2xhcmF0aW9uIH0gPSB0aGlzLmNoZWNrZXIuZ2V0UmVzb2x2ZWRTaWduYXR1cmUoY2FsbCkgPz8ge31cbiAgICBpZiAoaSA8IDAgfHwgZGVjbGFyYXRpb24gPT09IHVuZGVmaW5lZCB8fCAhdHMuaXNGdW5jdGlvbkxpa2UoZGVjbGFyYXRpb24pIHx8ICFoYXNCb2R5KGRlY2xhcmF0aW9uKSkgcmV0dXJuIHVuZGVmaW5lZFxuICAgIGNvbnN0IG5hbWUgPSBkZWNsYXJhdGlvbi5wYXJhbWV0ZXJzW2ldPy5uYW1lXG4gICAgcmV0dXJuIG5hbWUgJiYgdHMuaXNJZGVudGlmaWVyKG5hbWUpID8gdGhpcy5jaGVja2VyLmdldFN5bWJvbEF0TG9jYXRpb24obmFtZSkgOiB1bmRlZmluZWRcbiAgfVxufVxuXG4vKiogRnVuY3Rpb25zLCBhbmQgbWV0aG9kcyB0aGF0IG9ubHkgdGhlaXIgb3duIGNsYXNzIGNhbiBtZWFuLiAqL1xuZnVuY3Rpb24gaGFzQm9keShvd25lcjogdHMuU2lnbmF0dXJlRGVjbGFyYXRpb24pOiBib29sZWFuIHtcbiAgaWYgKHRzLmlzTWV0aG9kRGVjbGFyYXRpb24ob3duZXIpKSB7XG4gICAgcmV0dXJuIG93bmVyLmJvZHkgIT09IHVuZGVmaW5lZCAmJiAodHMuZ2V0Q29tYmluZWRNb2RpZmllckZsYWdzKG93bmVyKSAmIHRzLk1vZGlmaWVyRmxhZ3MuUHJpdmF0ZSkgIT09IDBcbiAgfVxuICByZXR1cm4gdHMuaXNBcnJvd0Z1bmN0aW9uKG93bmVyKSB8fCAodHMuaXNGdW5jdGlvbkRlY2xhcmF0aW9uKG93bmVyKSAmJiBvd25lci5ib2R5ICE9PSB1bmRlZmluZWQpXG59XG5cbmZ1bmN0aW9uIGlzRXhwb3J0ZWQobm9kZTogdHMuTm9kZSk6IGJvb2xlYW4ge1xuICByZXR1cm4gdHMuaXNWYXJpYWJsZVN0YXRlbWVudChub2RlKSAmJiAobm9kZS5tb2RpZmllcnM/LnNvbWUoKHsga2luZCB9KSA9PiBraW5kID09PSB0cy5TeW50YXhLaW5kLkV4cG9ydEtleXdvcmQpID8/IGZhbHNlKVxufVxuXG5mdW5jdGlvbiBpc0Fzc2lnbm1lbnQobm9kZTogdHMuTm9kZSk6IG5vZGUgaXMgdHMuQXNzaWdubWVudEV4cHJlc3Npb248dHMuRXF1YWxzVG9rZW4+IHtcbiAgcmV0dXJuIHRzLmlzQmluYXJ5RXhwcmVzc2lvbihub2RlKSAmJiBub2RlLm9wZXJhdG9yVG9rZW4ua2luZCA9PT0gdHMuU3ludGF4S2luZC5FcXVhbHNUb2tlblxufVxuXG5mdW5jdGlvbiBpc0ZhbGxiYWNrKHsgcGFyZW50IH06IHRzLk5vZGUpOiBib29sZWFuIHtcbiAgcmV0dXJuIHRzLmlzQmluYXJ5RXhwcmVzc2lvbihwYXJlbnQpICYmIHBhcmVudC5vcGVyYXRvclRva2VuLmtpbmQgPT09IHRzLlN5bnRheEtpbmQuUXVlc3Rpb25RdWVzdGlvblRva2VuXG59XG5cbi8qKiBXaGV0aGVyIGEgdGV4dCBpcyBvbmx5IGFza2VkIGZvciBiZWluZyB0aGVyZS4gKi9cbmZ1bmN0aW9uIGlzUXVlc3Rpb24oeyBwYXJlbnQgfTogdHMuTm9kZSk6IGJvb2xlYW4ge1xuICBpZiAoIXRzLmlzQmluYXJ5RXhwcmVzc2lvbihwYXJlbnQpKSByZXR1cm4gZmFsc2VcbiAgY29uc3QgeyBraW5kIH0gPSBwYXJlbnQub3BlcmF0b3JUb2tlblxuICBjb25zdCBpc0NvbXBhcmlzb24gPSBraW5kID09PSB0cy5TeW50YXhLaW5kLkVxdWFsc0VxdWFsc0VxdWFsc1Rva2VuIHx8IGtpbmQgPT09IHRzLlN5bnRheEtpbmQuRXhjbGFtYXRpb25FcXVhbHNFcXVhbHNUb2tlblxuICByZXR1cm4gaXNDb21wYXJpc29uICYmIHRzLmlzSWRlbnRpZmllcihwYXJlbnQucmlnaHQpICYmIHBhcmVudC5yaWdodC50ZXh0ID09PSAndW5kZWZpbmVkJ1xufVxuIiwgImNvbnN0IF9faW5qZWN0ZWRfZmlsZW5hbWVfXyA9IFwiL3dvcmsvd3Qvb3BlcmF0ZS9idWlsZC9yZWZlcmVuY2VzLnRzXCI7Y29uc3QgX19pbmplY3RlZF9kaXJuYW1lX18gPSBcIi93b3JrL3d0L29wZXJhdGUvYnVpbGRcIjtjb25zdCBfX2luamVjdGVkX2ltcG9ydF9tZXRhX3VybF9fID0gXCJmaWxlOi8vL3dvcmsvd3Qvb3BlcmF0ZS9idWlsZC9yZWZlcmVuY2VzLnRzXCI7aW1wb3J0IHRzIGZyb20gJ3R5cGVzY3JpcHQnXG5pbXBvcnQgdHlwZSB7IFNvdXJjZXMgfSBmcm9tICcuL3Byb2dyYW0uanMnXG5cbi8qKiBXaGVyZSB0aGUgc291cmNlcyBuYW1lIHdoYXQgdGhleSBkZWNsYXJlLiAqL1xuZXhwb3J0IGNsYXNzIFJlZmVyZW5jZXMge1xuICBwcml2YXRlIHJlYWRvbmx5IGNoZWNrZXI6IHRzLlR5cGVDaGVja2VyXG4gIHByaXZhdGUgcmVhZG9ubHkgdXNlcyA9IG5ldyBNYXA8dHMuU3ltYm9sLCB0cy5JZGVudGlmaWVyW10+KClcblxuICBjb25zdHJ1Y3Rvcih7IGNoZWNrZXIsIGZpbGVzIH06IFNvdXJjZXMpIHtcbiAgICB0aGlzLmNoZWNrZXIgPSBjaGVja2VyXG4gICAgY29uc3QgdmlzaXQgPSAobm9kZTogdHMuTm9kZSk6IHZvaWQgPT4ge1xuICAgICAgaWYgKHRzLmlzSWRlbnRpZmllcihub2RlKSkgdGhpcy5ub3RlKG5vZGUpXG4gICAgICB0cy5mb3JFYWNoQ2hpbGQobm9kZSwgdmlzaXQpXG4gICAgfVxuICAgIGZpbGVzLmZvckVhY2godmlzaXQpXG4gIH1cblxuICAvKiogV2hlcmUgYSBzeW1ib2wgaXMgbmFtZWQsIGl0cyBkZWNsYXJhdGlvbiBhc2lkZS4gKi9cbiAgdXNlc09mKHN5bWJvbDogdHMuU3ltYm9sKTogcmVhZG9ubHkgdHMuSWRlbnRpZmllcltdIHtcbiAgICByZXR1cm4gdGhpcy51c2VzLmdldChzeW1ib2wpID8/IFtdXG4gIH1cblxuICAvKiogV2hhdCBhbiBpZGVudGlmaWVyIG1lYW5zLCBhdCB0aGUgb3RoZXIgZW5kIG9mIGltcG9ydHMuICovXG4gIHN5bWJvbEF0KG5vZGU6IHRzLk5vZGUpOiB0cy5TeW1ib2wgfCB1bmRlZmluZWQge1xuICAgIGNvbnN0IGlzU2hvcnRoYW5kID0gdHMuaXNTaG9ydGhhbmRQcm9wZXJ0eUFzc2lnbm1lbnQobm9kZS5wYXJlbnQpICYmIG5vZGUucGFyZW50Lm5hbWUgPT09IG5vZGVcbiAgICBjb25zdCBzeW1ib2wgPSBpc1Nob3J0aGFuZFxuICAgICAgPyB0aGlzLmNoZWNrZXIuZ2V0U2hvcnRoYW5kQXNzaWdubWVudFZhbHVlU3ltYm9sKG5vZGUucGFyZW50KVxuICAgICAgOiB0aGlzLmNoZWNrZXIuZ2V0U3ltYm9sQXRMb2NhdGlvbihub2RlKVxuICAgIHJldHVybiBzeW1ib2wgJiYgc3ltYm9sLmZsYWdzICYgdHMuU3ltYm9sRmxhZ3MuQWxpYXMgPyB0aGlzLmNoZWNrZXIuZ2V0QWxpYXNlZFN5bWJvbChzeW1ib2wpIDogc3ltYm9sXG4gIH1cblxuICAvKiogVGhlIHN5bWJvbCB0aGF0IGEgZnVuY3Rpb24gaXMgY2FsbGVkIGJ5LCB3aGVyZSBpdCBoYXMgYSBuYW1lLiAqL1xuICBzeW1ib2xPZihvd25lcjogdHMuU2lnbmF0dXJlRGVjbGFyYXRpb24pOiB0cy5TeW1ib2wgfCB1bmRlZmluZWQge1xuICAgIGNvbnN0IG5hbWVkID0gdHMuaXNBcnJvd0Z1bmN0aW9uKG93bmVyKSA/IG93bmVyLnBhcmVudCA6IG93bmVyXG4gICAgY29uc3QgaXNOYW1lZCA9IHRzLmlzRnVuY3Rpb25EZWNsYXJhdGlvbihuYW1lZCkgfHwgdHMuaXNWYXJpYWJsZURlY2xhcmF0aW9uKG5hbWVkKSB8fCB0cy5pc01ldGhvZERlY2xhcmF0aW9uKG5hbWVkKVxuICAgIHJldHVybiBpc05hbWVkICYmIG5hbWVkLm5hbWUgPyB0aGlzLmNoZWNrZXIuZ2V0U3ltYm9sQXRMb2NhdGlvbihuYW1lZC5uYW1lKSA6IHVuZGVmaW5lZFxuICB9XG5cbiAgLyoqIFRoZSBjYWxscyBvZiBhIGZ1bmN0aW9uIG9yIG1ldGhvZC4gKi9cbiAgY2FsbHNPZihzeW1ib2w6IHRzLlN5bWJvbCk6IHRzLkNhbGxFeHByZXNzaW9uW10ge1xuICAgIGNvbnN0IGNhbGxzID0gdGhpcy51c2VzT2Yoc3ltYm9sKS5tYXAoKHVzZSkgPT4ge1xuICAgICAgY29uc3QgY2FsbGVlID0gdHMuaXNQcm9wZXJ0eUFjY2Vzc0V4cHJlc3Npb24odXNlLnBhcmVudCkgPyB1c2UucGFyZW50IDogdXNlXG4gICAgICByZXR1cm4gdHMuaXNDYWxsRXhwcmVzc2lvbihjYWxsZWUucGFyZW50KSAmJiBjYWxsZWUucGFyZW50LmV4cHJlc3Npb24gPT09IGNhbGxlZSA/IGNhbGxlZS5wYXJlbnQgOiB1bmRlZmluZWRcbiAgICB9KVxuICAgIHJldHVybiBjYWxscy5maWx0ZXIoKGNhbGwpID0+IGNhbGwgIT09IHVuZGVmaW5lZClcbiAgfVxuXG4gIHByaXZhdGUgbm90ZShub2RlOiB0cy5JZGVudGlmaWVyKTogdm9pZCB7XG4gICAgY29uc3Qgc3ltYm9sID0gdGhpcy5zeW1ib2xBdChub2RlKVxuICAgIGNvbnN0IGlzRGVjbGFyZWQgPSBzeW1ib2w/LmRlY2xhcmF0aW9ucz8uc29tZSgoZGVjbGFyYXRpb24pID0+IChkZWNsYXJhdGlvbiBhcyB0cy5OYW1lZERlY2xhcmF0aW9uKS5uYW1lID09PSBub2RlKVxuICAgIGlmIChzeW1ib2wgPT09IHVuZGVmaW5lZCB8fCBpc0RlY2xhcmVkKSByZXR1cm5cbiAgICBjb25zdCBrbm93biA9IHRoaXMudXNlcy5nZXQoc3ltYm9sKVxuICAgIGlmIChrbm93biA9PT0gdW5kZWZpbmVkKSB0aGlzLnVzZXMuc2V0KHN5bWJvbCwgW25vZGVdKVxuICAgIGVsc2Uga25vd24ucHVzaChub2RlKVxuICB9XG59XG5cbi8qKiBXaGV0aGVyIHRoaXMgbWFrZXMgYW4gZXJyb3I6IGl0cyBhcmd1bWVudHMgYXJlIGEgY29kZSBhbmQgYSBzZW50ZW5jZS4gKi9cbmV4cG9ydCBmdW5jdGlvbiBpc05ld0Vycm9yKG5vZGU6IHRzLk5vZGUpOiBub2RlIGlzIHRzLk5ld0V4cHJlc3Npb24ge1xuICByZXR1cm4gdHMuaXNOZXdFeHByZXNzaW9uKG5vZGUpICYmIHRzLmlzSWRlbnRpZmllcihub2RlLmV4cHJlc3Npb24pICYmIG5vZGUuZXhwcmVzc2lvbi50ZXh0ID09PSAnUDJQRXJyb3InXG59XG4iLCAiY29uc3QgX19pbmplY3RlZF9maWxlbmFtZV9fID0gXCIvd29yay93dC9vcGVyYXRlL2J1aWxkL3NoYXJlZC1uYW1lcy50c1wiO2NvbnN0IF9faW5qZWN0ZWRfZGlybmFtZV9fID0gXCIvd29yay93dC9vcGVyYXRlL2J1aWxkXCI7Y29uc3QgX19pbmplY3RlZF9pbXBvcnRfbWV0YV91cmxfXyA9IFwiZmlsZTovLy93b3JrL3d0L29wZXJhdGUvYnVpbGQvc2hhcmVkLW5hbWVzLnRzXCI7aW1wb3J0IHRzIGZyb20gJ3R5cGVzY3JpcHQnXG5pbXBvcnQgdHlwZSB7IFByaXZhdGVOYW1lcyB9IGZyb20gJy4vcHJpdmF0ZS1uYW1lcy5qcydcbmltcG9ydCB0eXBlIHsgU291cmNlcyB9IGZyb20gJy4vcHJvZ3JhbS5qcydcblxuLyoqXG4gKiBXaGljaCBuYW1lcyB0aGF0IG5vYm9keSBvdXRzaWRlIGNhbiBzZWUgbWF5IGJlIG9uZTogcHJvcGVydGllcyB0aGF0IG5vIG9iamVjdCBoYXMgYm90aCBvZiBhcmUgY2FsbGVkIGFsaWtlLCBhcyBwcml2YXRlIG1lbWJlcnMgb2ZcbiAqIGRpZmZlcmVudCBjbGFzc2VzIGFyZSAoYHJlbmFtZVByaXZhdGVzYCksIGZvciBvbmUgbGV0dGVyIHRha2VzIGZld2VyIGJ5dGVzIGNvbXByZXNzZWQgdGhhbiB0d28uXG4gKlxuICogRXZlcnkgb2JqZWN0IGNvbWVzIGZyb20gYSBjbGFzcywgYSBsaXRlcmFsIG9yIGEgY2FsbCwgd2hvc2UgdHlwZSB0ZWxscyBhbGwgdGhhdCBpdCBoYXM7IHR3byBuYW1lcyBvZiBvbmUgc3VjaCB0eXBlIHN0YXkgdHdvLiBBIG5hbWVcbiAqIHRoYXQgc29tZSB0eXBlIGhhcyBvcHRpb25hbGx5IHN0YXlzIGJ5IGl0c2VsZjogd2hvZXZlciByZWFkcyBpdCBtdXN0IG5vdCBmaW5kIGFub3RoZXIgaW4gaXRzIHBsYWNlLlxuICpcbiAqIEBwYXJhbSBpbnRlcm5hbCB0aGUgbmFtZXMgdG8gbG9vayBhdCwgb2YgYGludGVybmFsTmFtZXNgLlxuICogQHJldHVybnMgdGhlIG5hbWUgaW4gcGxhY2Ugb2YgZWFjaCB0aGF0IGNhbiBzaGFyZSBvbmUuXG4gKi9cbmV4cG9ydCBmdW5jdGlvbiBzaGFyZU5hbWVzKFxuICB7IGNoZWNrZXIsIGZpbGVzIH06IFNvdXJjZXMsXG4gIGludGVybmFsOiByZWFkb25seSBzdHJpbmdbXSxcbiAgcHJpdmF0ZXM6IFByaXZhdGVOYW1lcyxcbik6IE1hcDxzdHJpbmcsIHN0cmluZz4ge1xuICBjb25zdCBjYW5kaWRhdGVzID0gbmV3IFNldChpbnRlcm5hbClcbiAgY29uc3QgbWV0aG9kcyA9IG5ldyBTZXQ8c3RyaW5nPigpXG4gIGNvbnN0IHNlZW4gPSBuZXcgU2V0PHRzLlR5cGU+KClcbiAgLyoqIE5hbWVzIHRoYXQgc29tZSBvYmplY3QgaGFzIHRvZ2V0aGVyIHdpdGggZWFjaCBuYW1lLiAqL1xuICBjb25zdCByaXZhbHMgPSBuZXcgTWFwPHN0cmluZywgU2V0PHN0cmluZz4+KClcbiAgY29uc3QgbWVldCA9ICh0eXBlOiB0cy5UeXBlKTogdm9pZCA9PiB7XG4gICAgaWYgKHNlZW4uaGFzKHR5cGUpKSByZXR1cm5cbiAgICBzZWVuLmFkZCh0eXBlKVxuICAgIGlmICh0eXBlLmlzVW5pb24oKSkge1xuICAgICAgdHlwZS50eXBlcy5mb3JFYWNoKG1lZXQpXG4gICAgICByZXR1cm5cbiAgICB9XG4gICAgaWYgKCEodHlwZS5mbGFncyAmICh0cy5UeXBlRmxhZ3MuT2JqZWN0IHwgdHMuVHlwZUZsYWdzLkludGVyc2VjdGlvbikpKSByZXR1cm5cbiAgICBjb25zdCB0b2dldGhlciA9IG5ldyBTZXQ8c3RyaW5nPigpXG4gICAgZm9yIChjb25zdCBwcm9wZXJ0eSBvZiBjaGVja2VyLmdldFByb3BlcnRpZXNPZlR5cGUodHlwZSkpIHtcbiAgICAgIGNvbnN0IHsgbmFtZSB9ID0gcHJvcGVydHlcbiAgICAgIGNvbnN0IG93biA9IHByaXZhdGVzLm9mKHByb3BlcnR5KVxuICAgICAgaWYgKG93biAhPT0gdW5kZWZpbmVkKSB0b2dldGhlci5hZGQob3duKVxuICAgICAgZWxzZSBpZiAoY2FuZGlkYXRlcy5oYXMobmFtZSkpIHtcbiAgICAgICAgaWYgKHByb3BlcnR5LmZsYWdzICYgdHMuU3ltYm9sRmxhZ3MuT3B0aW9uYWwpIGNhbmRpZGF0ZXMuZGVsZXRlKG5hbWUpXG4gICAgICAgIGlmIChwcm9wZXJ0eS5mbGFncyAmIHRzLlN5bWJvbEZsYWdzLk1ldGhvZCkgbWV0aG9kcy5hZGQobmFtZSlcbiAgICAgICAgdG9nZXRoZXIuYWRkKG5hbWUpXG4gICAgICB9XG4gICAgfVxuICAgIGZvciAoY29uc3QgbmFtZSBvZiB0b2dldGhlcikge1xuICAgICAgY29uc3Qgb3RoZXJzID0gcml2YWxzLmdldChuYW1lKSA/PyBuZXcgU2V0KClcbiAgICAgIGZvciAoY29uc3Qgb3RoZXIgb2YgdG9nZXRoZXIpIGlmIChvdGhlciAhPT0gbmFtZSkgb3RoZXJzLmFkZChvdGhlcilcbiAgICAgIHJpdmFscy5zZXQobmFtZSwgb3RoZXJzKVxuICAgIH1cbiAgfVxuICBjb25zdCB2aXNpdCA9IChub2RlOiB0cy5Ob2RlKTogdm9pZCA9PiB7XG4gICAgaWYgKHRzLmlzQ2xhc3NMaWtlKG5vZGUpKSB7XG4gICAgICBjb25zdCBzeW1ib2wgPSBjaGVja2VyLmdldFN5bWJvbEF0TG9jYXRpb24obm9kZS5uYW1lID8/IG5vZGUpXG4gICAgICBpZiAoc3ltYm9sICE9PSB1bmRlZmluZWQpIHtcbiAgICAgICAgbWVldChjaGVja2VyLmdldERlY2xhcmVkVHlwZU9mU3ltYm9sKHN5bWJvbCkpXG4gICAgICAgIG1lZXQoY2hlY2tlci5nZXRUeXBlT2ZTeW1ib2woc3ltYm9sKSlcbiAgICAgIH1cbiAgICB9XG4gICAgaWYgKHRzLmlzSW50ZXJmYWNlRGVjbGFyYXRpb24obm9kZSkgfHwgdHMuaXNUeXBlQWxpYXNEZWNsYXJhdGlvbihub2RlKSkgbWVldChjaGVja2VyLmdldFR5cGVBdExvY2F0aW9uKG5vZGUubmFtZSkpXG4gICAgaWYgKHRzLmlzVHlwZU5vZGUobm9kZSkpIG1lZXQoY2hlY2tlci5nZXRUeXBlRnJvbVR5cGVOb2RlKG5vZGUpKVxuICAgIGlmICh0cy5pc09iamVjdExpdGVyYWxFeHByZXNzaW9uKG5vZGUpIHx8IHRzLmlzQ2FsbEV4cHJlc3Npb24obm9kZSkgfHwgdHMuaXNOZXdFeHByZXNzaW9uKG5vZGUpKSB7XG4gICAgICBtZWV0KGNoZWNrZXIuZ2V0VHlwZUF0TG9jYXRpb24obm9kZSkpXG4gICAgICBjb25zdCBleHBlY3RlZCA9IGNoZWNrZXIuZ2V0Q29udGV4dHVhbFR5cGUobm9kZSlcbiAgICAgIGlmIChleHBlY3RlZCAhPT0gdW5kZWZpbmVkKSBtZWV0KGV4cGVjdGVkKVxuICAgIH1cbiAgICB0cy5mb3JFYWNoQ2hpbGQobm9kZSwgdmlzaXQpXG4gIH1cbiAgZmlsZXMuZm9yRWFjaCh2aXNpdClcblxuICBjb25zdCBzaGFyZWQgPSBuZXcgTWFwPHN0cmluZywgc3RyaW5nPigpXG4gIC8vIFRob3NlIGZpcnN0IHRoYXQgYXJlIGhhcmRlc3QgdG8gcGxhY2UuXG4gIGNvbnN0IHBsYWNlZCA9IFsuLi5jYW5kaWRhdGVzXS5zb3J0KChhLCBiKSA9PiAocml2YWxzLmdldChiKT8uc2l6ZSA/PyAwKSAtIChyaXZhbHMuZ2V0KGEpPy5zaXplID8/IDApIHx8IChhIDwgYiA/IC0xIDogMSkpXG4gIGZvciAoY29uc3QgbmFtZSBvZiBwbGFjZWQpIHtcbiAgICBjb25zdCB0YWtlbiA9IG5ldyBTZXQoWy4uLihyaXZhbHMuZ2V0KG5hbWUpID8/IFtdKV0ubWFwKChyaXZhbCkgPT4gc2hhcmVkLmdldChyaXZhbCkgPz8gcml2YWwpKVxuICAgIGNvbnN0IGtpbmQgPSBtZXRob2RzLmhhcyhuYW1lKSA/ICdmJyA6ICdtJ1xuICAgIGxldCBudW1iZXIgPSAwXG4gICAgd2hpbGUgKHRha2VuLmhhcyhgJHtraW5kfSR7bnVtYmVyfSRgKSkgbnVtYmVyKytcbiAgICBzaGFyZWQuc2V0KG5hbWUsIGAke2tpbmR9JHtudW1iZXJ9JGApXG4gIH1cbiAgcmV0dXJuIHNoYXJlZFxufVxuIl0sCiAgIm1hcHBpbmdzIjogIjtBQUE4TCxTQUFTLHFCQUFxQjtBQUU1TixTQUFTLG9CQUFvQjs7O0FDRitLLE9BQU8sUUFBUTtBQVNwTixTQUFTLGNBQWMsRUFBRSxTQUFTLE1BQU0sR0FBaUM7QUFDOUUsUUFBTSxRQUFRLG9CQUFJLElBQW9CO0FBQ3RDLFFBQU0sYUFBYSxDQUFDLE1BQWUsVUFBd0I7QUFDekQsUUFBSSxHQUFHLDJCQUEyQixJQUFJLEtBQUssS0FBSyxRQUFRLE1BQU0sNEJBQTRCO0FBQ3hGLFlBQU0sS0FBSyxFQUFFLE9BQU8sS0FBSyxTQUFTLEdBQUcsS0FBSyxLQUFLLEtBQUssTUFBTSxZQUFZLENBQUM7QUFBQSxJQUN6RSxNQUFPLElBQUcsYUFBYSxNQUFNLENBQUMsVUFBVSxXQUFXLE9BQU8sS0FBSyxDQUFDO0FBQUEsRUFDbEU7QUFDQSxRQUFNLFFBQVEsQ0FBQyxNQUFlLFVBQXdCO0FBQ3BELFFBQUksR0FBRyxlQUFlLElBQUksS0FBSyxHQUFHLFlBQVksSUFBSSxLQUFLLEdBQUcsV0FBVyxJQUFJLEVBQUc7QUFDNUUsVUFBTSxRQUFRLEdBQUcsbUJBQW1CLElBQUksSUFBSSxTQUFTLE1BQU0sT0FBTyxJQUFJO0FBQ3RFLFFBQUksVUFBVSxPQUFXLElBQUcsYUFBYSxNQUFNLENBQUMsVUFBVSxNQUFNLE9BQU8sS0FBSyxDQUFDO0FBQUEsUUFDeEUsT0FBTSxLQUFLLEVBQUUsT0FBTyxLQUFLLFNBQVMsR0FBRyxLQUFLLEtBQUssS0FBSyxNQUFNLFFBQVEsS0FBSyxFQUFFLENBQUM7QUFBQSxFQUNqRjtBQUNBLGFBQVcsUUFBUSxPQUFPO0FBQ3hCLFVBQU0sUUFBZ0IsQ0FBQztBQUN2QixlQUFXLE1BQU0sS0FBSztBQUN0QixlQUFXLGFBQWEsS0FBSyxXQUFZLEtBQUksR0FBRyxvQkFBb0IsU0FBUyxFQUFHLE9BQU0sV0FBVyxLQUFLO0FBQ3RHLFVBQU0sSUFBSSxLQUFLLFVBQVUsS0FBSztBQUFBLEVBQ2hDO0FBQ0EsU0FBTztBQUNUO0FBR0EsU0FBUyxRQUFRLE9BQWdDO0FBQy9DLE1BQUksT0FBTyxVQUFVLFNBQVUsUUFBTyxHQUFHLEtBQUs7QUFDOUMsU0FBTyxRQUFRLEtBQUssSUFBSSxRQUFRLENBQUMsS0FBSyxDQUFDLEtBQUssS0FBSyxNQUFNLFNBQVMsRUFBRSxDQUFDO0FBQ3JFO0FBR08sU0FBUyxTQUFTLE1BQXFCLFNBQXNEO0FBQ2xHLE1BQUksR0FBRyxpQkFBaUIsSUFBSSxFQUFHLFFBQU8sT0FBTyxLQUFLLElBQUk7QUFDdEQsTUFBSSxHQUFHLGdCQUFnQixJQUFJLEVBQUcsUUFBTyxPQUFPLEtBQUssS0FBSyxNQUFNLEdBQUcsRUFBRSxDQUFDO0FBQ2xFLE1BQUksR0FBRywwQkFBMEIsSUFBSSxFQUFHLFFBQU8sU0FBUyxLQUFLLFlBQVksT0FBTztBQUNoRixNQUFJLEdBQUcsYUFBYSxJQUFJLEdBQUc7QUFDekIsVUFBTSxjQUFjLGNBQWMsTUFBTSxPQUFPO0FBQy9DLFdBQU8sZUFBZSxTQUFTLGFBQWEsT0FBTztBQUFBLEVBQ3JEO0FBQ0EsTUFBSSxHQUFHLHdCQUF3QixJQUFJLEtBQUssS0FBSyxhQUFhLEdBQUcsV0FBVyxZQUFZO0FBQ2xGLFVBQU0sUUFBUSxTQUFTLEtBQUssU0FBUyxPQUFPO0FBQzVDLFdBQU8sVUFBVSxTQUFZLFNBQVksQ0FBQztBQUFBLEVBQzVDO0FBQ0EsTUFBSSxDQUFDLEdBQUcsbUJBQW1CLElBQUksRUFBRyxRQUFPO0FBQ3pDLFFBQU0sT0FBTyxTQUFTLEtBQUssTUFBTSxPQUFPO0FBQ3hDLFFBQU0sUUFBUSxTQUFTLEtBQUssT0FBTyxPQUFPO0FBQzFDLE1BQUksU0FBUyxVQUFhLE9BQU8sU0FBUyxPQUFPLE1BQU8sUUFBTztBQUUvRCxTQUFPLFVBQVUsS0FBSyxjQUFjLE1BQU0sTUFBZ0IsS0FBZTtBQUMzRTtBQUVBLFNBQVMsVUFBVSxVQUF5QixNQUFjLE9BQW1DO0FBQzNGLFVBQVEsVUFBVTtBQUFBLElBQ2hCLEtBQUssR0FBRyxXQUFXO0FBQ2pCLGFBQU8sT0FBTztBQUFBLElBQ2hCLEtBQUssR0FBRyxXQUFXO0FBQ2pCLGFBQU8sT0FBTztBQUFBLElBQ2hCLEtBQUssR0FBRyxXQUFXO0FBQ2pCLGFBQU8sT0FBTztBQUFBLElBQ2hCLEtBQUssR0FBRyxXQUFXO0FBQ2pCLGFBQU8sUUFBUTtBQUFBLElBQ2pCLEtBQUssR0FBRyxXQUFXO0FBQ2pCLGFBQU8sUUFBUTtBQUFBLElBQ2pCO0FBQ0UsYUFBTztBQUFBLEVBQ1g7QUFDRjtBQUdBLFNBQVMsY0FBYyxNQUFxQixTQUFvRDtBQUM5RixRQUFNLFNBQVMsUUFBUSxvQkFBb0IsSUFBSTtBQUMvQyxRQUFNLFNBQVMsVUFBVSxPQUFPLFFBQVEsR0FBRyxZQUFZLFFBQVEsUUFBUSxpQkFBaUIsTUFBTSxJQUFJO0FBQ2xHLFFBQU0sY0FBYyxRQUFRO0FBQzVCLFFBQU0sYUFDSixlQUFlLEdBQUcsc0JBQXNCLFdBQVcsS0FBSyxHQUFHLHFCQUFxQixXQUFXLElBQUksR0FBRyxVQUFVO0FBQzlHLFNBQU8sYUFBYSxZQUFZLGNBQWM7QUFDaEQ7OztBQ25GNE4sU0FBUyxnQkFBZ0I7QUFDclAsU0FBUyxxQkFBcUI7QUFDOUIsT0FBT0EsU0FBUTtBQUdmLElBQU0sZUFBZTtBQUVyQixJQUFNLGFBQWE7QUFLbkIsSUFBTSxZQUFZLENBQUMsTUFBTSxLQUFLLE1BQU0sTUFBTSxNQUFNLENBQUM7QUFtQjFDLFNBQVMsa0JBQWtCLE1BQXNCO0FBQ3RELFFBQU0sRUFBRSxXQUFXLElBQUksT0FBTyxJQUFJO0FBQ2xDLFFBQU0sVUFBb0IsQ0FBQztBQUMzQixRQUFNLFVBQW9CLENBQUM7QUFDM0IsUUFBTSxlQUE4QixDQUFDO0FBQ3JDLGFBQVcsYUFBYSxZQUFZO0FBQ2xDLFVBQU0sT0FBTyxVQUFVLFlBQVksRUFBRSxLQUFLO0FBQzFDLFFBQUlDLElBQUcsb0JBQW9CLFNBQVMsRUFBRyxTQUFRLEtBQUssSUFBSTtBQUFBLGFBQy9DQSxJQUFHLG9CQUFvQixTQUFTLEVBQUcsU0FBUSxLQUFLLElBQUk7QUFBQSxhQUNwREEsSUFBRyxzQkFBc0IsU0FBUztBQUN6QyxtQkFBYSxLQUFLLEVBQUUsR0FBRyxRQUFRLFNBQVMsR0FBRyxNQUFNLFVBQVUsS0FBTSxNQUFNLE1BQU0sT0FBTyxvQkFBSSxJQUFJLEVBQUUsQ0FBQztBQUFBLGFBQ3hGQSxJQUFHLG9CQUFvQixTQUFTLEVBQUcsY0FBYSxLQUFLLEdBQUcsVUFBVSxTQUFTLENBQUM7QUFBQSxRQUNoRixRQUFPO0FBQUEsRUFDZDtBQUNBLFFBQU0sUUFBUSxNQUFNLFlBQVk7QUFDaEMsU0FBTyxDQUFDLEdBQUcsU0FBUyxHQUFHLE1BQU0sSUFBSSxDQUFDLFVBQVUsYUFBYSxLQUFLLEVBQUcsSUFBSSxHQUFHLEdBQUcsT0FBTyxFQUFFLEtBQUssSUFBSTtBQUMvRjtBQUVBLFNBQVMsVUFBVSxFQUFFLGdCQUFnQixHQUF3QztBQUMzRSxRQUFNLE9BQU8sZ0JBQWdCLFFBQVFBLElBQUcsVUFBVSxRQUFRLFVBQVUsZ0JBQWdCLFFBQVFBLElBQUcsVUFBVSxNQUFNLFFBQVE7QUFDdkgsU0FBTyxnQkFBZ0IsYUFBYSxJQUFJLENBQUMsU0FBUztBQUNoRCxXQUFPLEVBQUUsR0FBRyxRQUFRLElBQUksR0FBRyxNQUFNLEtBQUssS0FBSyxRQUFRLEdBQUcsTUFBTSxHQUFHLElBQUksSUFBSSxLQUFLLFFBQVEsQ0FBQyxJQUFJO0FBQUEsRUFDM0YsQ0FBQztBQUNIO0FBRUEsU0FBUyxRQUFRLGFBQXVHO0FBQ3RILFFBQU0sUUFBUSxvQkFBSSxJQUFZO0FBQzlCLFFBQU0sV0FBVyxvQkFBSSxJQUFZO0FBQ2pDLFFBQU0sUUFBUSxDQUFDLE1BQWUsWUFBMkI7QUFDdkQsUUFBSUEsSUFBRyxhQUFhLElBQUksR0FBRztBQUN6QixlQUFTLElBQUksS0FBSyxJQUFJO0FBQ3RCLFVBQUksQ0FBQyxRQUFTLE9BQU0sSUFBSSxLQUFLLElBQUk7QUFBQSxJQUNuQztBQUVBLElBQUFBLElBQUcsYUFBYSxNQUFNLENBQUMsVUFBVSxNQUFNLE9BQU8sV0FBWSxVQUFVLElBQUksS0FBSyxDQUFDQSxJQUFHLHVCQUF1QixLQUFLLENBQUUsQ0FBQztBQUFBLEVBQ2xIO0FBQ0EsUUFBTSxhQUFhLEtBQUs7QUFDeEIsU0FBTyxFQUFFLE9BQU8sU0FBUztBQUMzQjtBQUdBLFNBQVMsVUFBVSxNQUF3QjtBQUN6QyxNQUFJLENBQUNBLElBQUcsZUFBZSxJQUFJLEVBQUcsUUFBTztBQUNyQyxTQUFPQSxJQUFHLHNCQUFzQixJQUFJLEtBQUtBLElBQUcsWUFBWSxLQUFLLE1BQU0sS0FBS0EsSUFBRyxzQkFBc0IsS0FBSyxNQUFNO0FBQzlHO0FBR0EsU0FBUyxNQUFNLEtBQXVDO0FBQ3BELFFBQU0sUUFBUSxRQUFRLEdBQUc7QUFDekIsUUFBTSxRQUFRLFNBQVMsR0FBRztBQUMxQixRQUFNLFNBQVMsVUFBVSxJQUFJLENBQUMsYUFBYSxRQUFRLElBQUksT0FBTyxPQUFPLFFBQVEsR0FBRyxLQUFLLENBQUM7QUFDdEYsUUFBTSxVQUFVLENBQUMsVUFBNkIsU0FBUyxNQUFNLElBQUksQ0FBQyxVQUFVLE1BQU0sS0FBSyxDQUFFLEVBQUUsS0FBSyxHQUFHLEdBQUcsRUFBRSxPQUFPLEVBQUUsQ0FBQyxFQUFFO0FBQ3BILFNBQU8sT0FBTyxPQUFPLENBQUMsTUFBTSxVQUFXLFFBQVEsS0FBSyxJQUFJLFFBQVEsSUFBSSxJQUFJLFFBQVEsSUFBSztBQUN2RjtBQUVBLFNBQVMsUUFBUSxRQUFnQixPQUFpRDtBQUNoRixRQUFNLE9BQU8sSUFBSSxJQUFJLE1BQU0sS0FBSyxDQUFDO0FBQ2pDLFFBQU0sUUFBa0IsQ0FBQztBQUN6QixTQUFPLEtBQUssT0FBTyxHQUFHO0FBQ3BCLFVBQU0sT0FBTyxDQUFDLEdBQUcsSUFBSSxFQUFFLE9BQU8sQ0FBQyxVQUFVLENBQUMsQ0FBQyxHQUFHLE1BQU0sS0FBSyxDQUFFLEVBQUUsS0FBSyxDQUFDLFNBQVMsS0FBSyxJQUFJLElBQUksQ0FBQyxDQUFDO0FBRTNGLFVBQU0sT0FDSixLQUFLLFdBQVcsSUFDWixLQUFLLElBQUksR0FBRyxJQUFJLElBQ2hCLEtBQUssT0FBTyxDQUFDLE1BQU0sVUFBVyxPQUFPLE1BQU0sS0FBSyxJQUFJLE9BQU8sTUFBTSxJQUFJLElBQUksUUFBUSxJQUFLO0FBQzVGLFNBQUssT0FBTyxJQUFJO0FBQ2hCLFVBQU0sS0FBSyxJQUFJO0FBQ2YsV0FBTyxLQUFLLElBQUk7QUFBQSxFQUNsQjtBQUNBLFNBQU87QUFDVDtBQUdBLFNBQVMsUUFBUSxLQUFvRDtBQUNuRSxRQUFNLFNBQVMsSUFBSSxJQUFJLElBQUksSUFBSSxDQUFDLEVBQUUsS0FBSyxHQUFHLFVBQVUsQ0FBQyxNQUFNLEtBQUssQ0FBQyxDQUFDO0FBQ2xFLFNBQU8sSUFBSSxJQUFJLENBQUMsRUFBRSxNQUFNLEdBQUcsUUFBUTtBQUNqQyxVQUFNLFFBQVEsb0JBQUksSUFBWTtBQUM5QixVQUFNLFNBQVMsQ0FBQyxVQUFxQztBQUNuRCxpQkFBVyxRQUFRLE9BQU87QUFDeEIsY0FBTSxRQUFRLE9BQU8sSUFBSSxJQUFJO0FBQzdCLFlBQUksVUFBVSxVQUFhLFVBQVUsT0FBTyxNQUFNLElBQUksS0FBSyxFQUFHO0FBQzlELGNBQU0sSUFBSSxLQUFLO0FBQ2YsZUFBTyxJQUFJLEtBQUssRUFBRyxRQUFRO0FBQUEsTUFDN0I7QUFBQSxJQUNGO0FBQ0EsV0FBTyxLQUFLO0FBQ1osV0FBTztBQUFBLEVBQ1QsQ0FBQztBQUNIO0FBR0EsU0FBUyxTQUFTLEtBQXVDO0FBQ3ZELFFBQU0sRUFBRSxLQUFLLElBQUksY0FBYyxJQUFJLElBQUksQ0FBQyxFQUFFLEtBQUssTUFBTSxJQUFJLEVBQUUsS0FBSyxJQUFJLEdBQUcsRUFBRSxRQUFRLE1BQU0sUUFBUSxPQUFPLFFBQVEsU0FBUyxDQUFDO0FBQ3hILFFBQU0sUUFBUSxPQUFPLElBQUksRUFBRSxXQUFXLFFBQVEsQ0FBQyxjQUFjO0FBQzNELFdBQU9BLElBQUcsb0JBQW9CLFNBQVMsSUFDbkMsVUFBVSxnQkFBZ0IsYUFBYSxJQUFJLENBQUMsU0FBUyxLQUFLLFFBQVEsQ0FBQyxJQUNuRSxDQUFDLFVBQVUsUUFBUSxDQUFDO0FBQUEsRUFDMUIsQ0FBQztBQUNELE1BQUksTUFBTSxXQUFXLElBQUksT0FBUSxPQUFNLElBQUksTUFBTSxzREFBc0Q7QUFDdkcsU0FBTztBQUNUO0FBR0EsSUFBTSxTQUFOLE1BQWE7QUFBQSxFQVVYLFlBQ21CLE9BQ2pCLFVBQ0E7QUFGaUI7QUFSbkI7QUFBQSxTQUFpQixTQUFTLG9CQUFJLElBQXNCO0FBR3BELFNBQWlCLFNBQVMsb0JBQUksSUFBb0I7QUFDbEQsU0FBaUIsU0FBbUIsQ0FBQztBQUNyQyxTQUFRLFFBQVE7QUFNZCxTQUFLLE9BQU8sTUFBTSxJQUFJLE1BQU07QUFDNUIsZUFBVyxDQUFDLE9BQU8sSUFBSSxLQUFLLEtBQUssS0FBSyxRQUFRLEdBQUc7QUFDL0MsaUJBQVcsT0FBTyxNQUFNO0FBQ3RCLGNBQU0sU0FBUyxLQUFLLE9BQU8sSUFBSSxHQUFHO0FBQ2xDLFlBQUksV0FBVyxPQUFXLE1BQUssT0FBTyxJQUFJLEtBQUssQ0FBQyxLQUFLLENBQUM7QUFBQSxZQUNqRCxRQUFPLEtBQUssS0FBSztBQUFBLE1BQ3hCO0FBQUEsSUFDRjtBQUNBLGVBQVcsQ0FBQyxLQUFLLEVBQUUsT0FBTyxDQUFDLEtBQUssS0FBSyxPQUFRLEtBQUksV0FBVyxFQUFHLE1BQUssT0FBTyxPQUFPLEdBQUc7QUFDckYsU0FBSyxRQUFRLE1BQU0sSUFBSSxNQUFNLENBQUM7QUFDOUIsU0FBSyxRQUFRLEtBQUssS0FBSyxJQUFJLENBQUMsVUFBVSxJQUFJLENBQUMsR0FBRyxJQUFJLEVBQUUsT0FBTyxDQUFDLEtBQUssUUFBUSxNQUFNLEtBQUssT0FBTyxHQUFHLEdBQUcsQ0FBQyxNQUFNLFFBQVE7QUFBQSxFQUNsSDtBQUFBLEVBRUEsTUFBTSxPQUF1QjtBQUMzQixXQUFPLEtBQUssTUFBTSxLQUFLLElBQUssS0FBSyxNQUFNLEtBQUs7QUFBQSxFQUM5QztBQUFBLEVBRUEsS0FBSyxPQUFxQjtBQUN4QixTQUFLLE9BQU8sS0FBSyxLQUFLO0FBQ3RCLFNBQUssU0FBUyxLQUFLLE1BQU0sS0FBSyxFQUFHO0FBQ2pDLFNBQUssTUFBTSxPQUFPLENBQUM7QUFDbkIsV0FBTyxLQUFLLFFBQVEsZ0JBQWdCLEtBQUssT0FBTyxTQUFTLEdBQUc7QUFDMUQsWUFBTSxTQUFTLEtBQUssT0FBTyxNQUFNO0FBQ2pDLFdBQUssU0FBUyxLQUFLLE1BQU0sTUFBTSxFQUFHO0FBQ2xDLFdBQUssTUFBTSxRQUFRLEVBQUU7QUFBQSxJQUN2QjtBQUFBLEVBQ0Y7QUFBQSxFQUVRLE1BQU0sT0FBZSxJQUFrQjtBQUM3QyxlQUFXLE9BQU8sS0FBSyxLQUFLLEtBQUssR0FBSTtBQUNuQyxZQUFNLFNBQVMsS0FBSyxPQUFPLElBQUksR0FBRyxLQUFLO0FBQ3ZDLFdBQUssT0FBTyxJQUFJLEtBQUssU0FBUyxFQUFFO0FBQ2hDLFVBQUksU0FBUyxLQUFLLFNBQVMsS0FBSyxFQUFHO0FBQ25DLGlCQUFXLFNBQVMsS0FBSyxPQUFPLElBQUksR0FBRyxLQUFLLENBQUMsRUFBRyxNQUFLLE1BQU0sS0FBSyxLQUFNLEtBQUssS0FBSyxPQUFPLEdBQUc7QUFBQSxJQUM1RjtBQUFBLEVBQ0Y7QUFBQSxFQUVRLE9BQU8sS0FBcUI7QUFDbEMsVUFBTSxTQUFTLEtBQUssT0FBTyxJQUFJLEdBQUc7QUFDbEMsV0FBTyxXQUFXLFNBQVksSUFBSSxLQUFLLElBQUksS0FBSyxNQUFNLFNBQVMsT0FBTyxNQUFNO0FBQUEsRUFDOUU7QUFDRjtBQUVBLFNBQVMsT0FBTyxNQUEyQjtBQUN6QyxRQUFNLE9BQU8sb0JBQUksSUFBWTtBQUM3QixXQUFTLFFBQVEsR0FBRyxRQUFRLGNBQWMsS0FBSyxRQUFRLFFBQVMsTUFBSyxJQUFJLEtBQUssTUFBTSxPQUFPLFFBQVEsVUFBVSxDQUFDO0FBQzlHLFNBQU87QUFDVDtBQUVBLFNBQVMsT0FBTyxNQUE2QjtBQUMzQyxTQUFPQSxJQUFHLGlCQUFpQixZQUFZLE1BQU1BLElBQUcsYUFBYSxRQUFRLElBQUk7QUFDM0U7OztBQy9MTyxTQUFTLE9BQU8sTUFBYyxPQUFnQztBQUNuRSxRQUFNLFFBQWtCLENBQUM7QUFDekIsTUFBSSxNQUFNO0FBQ1YsYUFBVyxRQUFRLENBQUMsR0FBRyxLQUFLLEVBQUUsS0FBSyxDQUFDLEdBQUcsTUFBTSxFQUFFLFFBQVEsRUFBRSxTQUFTLEVBQUUsTUFBTSxFQUFFLEdBQUcsR0FBRztBQUNoRixVQUFNLEtBQUssS0FBSyxNQUFNLEtBQUssS0FBSyxLQUFLLEdBQUcsS0FBSyxJQUFJO0FBQ2pELFVBQU0sS0FBSztBQUFBLEVBQ2I7QUFDQSxTQUFPLE1BQU0sS0FBSyxFQUFFLElBQUksS0FBSyxNQUFNLEdBQUc7QUFDeEM7OztBQ2hCc04sU0FBUyxhQUFhLG9CQUFvQjtBQUNoUSxTQUFTLFlBQVk7QUFDckIsT0FBT0MsU0FBUTtBQWdCUixTQUFTLGNBQWNDLFVBQWtCLFNBQTRCLFVBQXVDO0FBQ2pILFFBQU0sRUFBRSxTQUFTLFNBQVMsTUFBTSxJQUFJQTtBQUNwQyxRQUFNLE1BQU0sSUFBSSxJQUFJLEtBQUs7QUFDekIsUUFBTSxTQUFTLG9CQUFJLElBQVk7QUFDL0IsUUFBTSxVQUFVLG9CQUFJLElBQVksQ0FBQyxHQUFHLGNBQWMsU0FBUyxTQUFTLE9BQU8sR0FBRyxHQUFHQyxTQUFRLFFBQVEsQ0FBQyxDQUFDO0FBQ25HLFFBQU0sU0FBUyxDQUFDLFlBQ2IsT0FBTyxnQkFBZ0IsQ0FBQyxHQUFHLFNBQVMsS0FDckMsT0FBTyxhQUFjLE1BQU0sQ0FBQyxnQkFBZ0I7QUFDMUMsVUFBTSxRQUFRLFlBQVk7QUFDMUIsVUFBTSxXQUNKQyxJQUFHLFlBQVksS0FBSyxLQUNwQkEsSUFBRyx1QkFBdUIsS0FBSyxLQUM5QkEsSUFBRyxrQkFBa0IsS0FBSyxLQUFLQSxJQUFHLHVCQUF1QixNQUFNLE1BQU0sS0FDckVBLElBQUcsWUFBWSxXQUFXLEtBQUtBLElBQUcseUJBQXlCLEtBQUs7QUFDbkUsV0FBTyxZQUFZLElBQUksSUFBSSxZQUFZLGNBQWMsQ0FBQztBQUFBLEVBQ3hELENBQUM7QUFDSCxRQUFNLE9BQU8sQ0FBQyxNQUFjLFdBQWtDO0FBQzVELFFBQUksV0FBVyxVQUFhLE9BQU8sTUFBTSxFQUFHLFFBQU8sSUFBSSxJQUFJO0FBQUEsUUFDdEQsU0FBUSxJQUFJLElBQUk7QUFBQSxFQUN2QjtBQUVBLFFBQU0sUUFBUSxDQUFDQyxVQUFxQyxTQUF3QztBQUMxRixVQUFNLE9BQU8sUUFBUSxrQkFBa0JBLFFBQU87QUFDOUMsUUFBSSxTQUFTLE9BQVcsUUFBTztBQUMvQixVQUFNLFFBQVEsS0FBSyxRQUFRLElBQUksS0FBSyxRQUFRLENBQUMsSUFBSTtBQUNqRCxVQUFNLFFBQVEsTUFBTSxRQUFRLENBQUMsU0FBUyxRQUFRLGtCQUFrQixRQUFRLG1CQUFtQixJQUFJLEdBQUcsSUFBSSxLQUFLLENBQUMsQ0FBQztBQUM3RyxXQUFPLE1BQU0sU0FBUyxLQUFLLE1BQU0sTUFBTSxNQUFNLElBQUksTUFBTSxDQUFDLElBQUk7QUFBQSxFQUM5RDtBQUNBLFFBQU0sUUFBUSxDQUFDLFNBQXdCO0FBRXJDLFFBQUksT0FBTyxJQUFJLEdBQUc7QUFDaEIsWUFBTSxLQUFLLGNBQWUsQ0FBQyxDQUFFO0FBQzdCO0FBQUEsSUFDRjtBQUNBLFFBQUlELElBQUcsb0JBQW9CLElBQUksS0FBSyxXQUFXLEtBQUssS0FBSyxJQUFJLEVBQUcsU0FBUSxJQUFJLEtBQUssSUFBSTtBQUNyRixRQUFJQSxJQUFHLDJCQUEyQixJQUFJLEdBQUc7QUFDdkMsWUFBTSxPQUFPLFFBQVEsa0JBQWtCLEtBQUssVUFBVTtBQUN0RCxZQUFNLFFBQVEsS0FBSyxRQUFRLElBQUksS0FBSyxRQUFRLENBQUMsSUFBSTtBQUNqRCxZQUFNLFVBQVUsTUFBTSxJQUFJLENBQUMsU0FBUyxRQUFRLGtCQUFrQixRQUFRLG1CQUFtQixJQUFJLEdBQUcsS0FBSyxLQUFLLElBQUksQ0FBQztBQUMvRyxZQUFNLFFBQVEsUUFBUSxPQUFPLENBQUMsV0FBVyxXQUFXLE1BQVM7QUFDN0QsVUFBSSxNQUFNLFdBQVcsRUFBRyxNQUFLLEtBQUssS0FBSyxNQUFNLFFBQVEsb0JBQW9CLEtBQUssSUFBSSxDQUFDO0FBQUEsVUFDOUUsWUFBVyxVQUFVLE1BQU8sTUFBSyxLQUFLLEtBQUssTUFBTSxNQUFNO0FBQUEsSUFDOUQsWUFDR0EsSUFBRyxxQkFBcUIsSUFBSSxLQUMzQkEsSUFBRyw4QkFBOEIsSUFBSSxLQUNyQ0EsSUFBRyxvQkFBb0IsSUFBSSxLQUMzQkEsSUFBRyxXQUFXLElBQUksTUFDcEJBLElBQUcsMEJBQTBCLEtBQUssTUFBTSxHQUN4QztBQUNBLFVBQUlBLElBQUcsYUFBYSxLQUFLLElBQUksRUFBRyxNQUFLLEtBQUssS0FBSyxNQUFNLE1BQU0sS0FBSyxRQUFRLEtBQUssS0FBSyxJQUFJLENBQUM7QUFBQSxJQUN6RixXQUFXQSxJQUFHLGlCQUFpQixJQUFJLEtBQUtBLElBQUcsdUJBQXVCLEtBQUssTUFBTSxLQUFLLEtBQUssbUJBQW1CLFFBQVc7QUFDbkgsWUFBTSxPQUFPLEtBQUssZ0JBQWdCLEtBQUs7QUFDdkMsVUFBSUEsSUFBRyxhQUFhLElBQUksR0FBRztBQUN6QixjQUFNLE9BQU8sUUFBUSxrQkFBa0IsS0FBSyxNQUFNO0FBQ2xELGNBQU0sUUFBUSxLQUFLLFFBQVEsSUFBSSxLQUFLLFFBQVEsQ0FBQyxJQUFJO0FBQ2pELG1CQUFXLFFBQVEsTUFBTyxNQUFLLEtBQUssTUFBTSxRQUFRLGtCQUFrQixRQUFRLG1CQUFtQixJQUFJLEdBQUcsS0FBSyxJQUFJLENBQUM7QUFBQSxNQUNsSDtBQUFBLElBQ0YsV0FDRUEsSUFBRyxvQkFBb0IsSUFBSSxLQUMzQkEsSUFBRyxrQkFBa0IsS0FBSyxNQUFNLEtBQ2hDLENBQUNBLElBQUcsdUJBQXVCLEtBQUssT0FBTyxNQUFNLEtBQzdDQSxJQUFHLGFBQWEsS0FBSyxJQUFJLEdBQ3pCO0FBQ0EsY0FBUSxJQUFJLEtBQUssS0FBSyxJQUFJO0FBQUEsSUFDNUI7QUFDQSxJQUFBQSxJQUFHLGFBQWEsTUFBTSxLQUFLO0FBQUEsRUFDN0I7QUFDQSxRQUFNLFFBQVEsS0FBSztBQUNuQixTQUFPLENBQUMsR0FBRyxNQUFNLEVBQUUsT0FBTyxDQUFDLFNBQVMsQ0FBQyxRQUFRLElBQUksSUFBSSxLQUFLLEtBQUssU0FBUyxDQUFDLEVBQUUsS0FBSztBQUNsRjtBQUdBLFNBQVMsY0FBYyxTQUFxQixTQUF5QixTQUF5QztBQUM1RyxRQUFNLFFBQVEsb0JBQUksSUFBWTtBQUM5QixRQUFNLFFBQVEsb0JBQUksSUFBYTtBQUMvQixRQUFNRSxZQUFXLG9CQUFJLElBQWU7QUFDcEMsUUFBTSxNQUFNLENBQUMsU0FBb0M7QUFDL0MsUUFBSSxTQUFTLE9BQVcsT0FBTSxJQUFJLElBQUk7QUFBQSxFQUN4QztBQUtBLFFBQU0sVUFBVSxDQUFDLFNBQTJCO0FBQzFDLFVBQU0sU0FBUyxLQUFLLGVBQWUsS0FBSztBQUN4QyxRQUFJLFdBQVcsT0FBVyxRQUFPO0FBQ2pDLFFBQUlBLFVBQVMsSUFBSSxNQUFNLEVBQUcsUUFBTztBQUNqQyxJQUFBQSxVQUFTLElBQUksTUFBTTtBQUVuQixRQUFJLE9BQU8sUUFBUUYsSUFBRyxZQUFZLEtBQU0sV0FBVSxRQUFRLHdCQUF3QixNQUFNLENBQUM7QUFDekYsV0FBTztBQUFBLEVBQ1Q7QUFFQSxRQUFNLGNBQWMsQ0FBQyxTQUF3QjtBQUMzQyxRQUFJQSxJQUFHLG9CQUFvQixJQUFJLEVBQUcsWUFBVyxZQUFZLEtBQUssaUJBQWlCLENBQUMsRUFBRyxLQUFJLFFBQVEsb0JBQW9CLFFBQVEsQ0FBQztBQUM1SCxJQUFBQSxJQUFHLGFBQWEsTUFBTSxXQUFXO0FBQUEsRUFDbkM7QUFFQSxRQUFNLFlBQVksQ0FBQyxpQkFDakIsYUFBYSxTQUFTLEtBQ3RCLGFBQWE7QUFBQSxJQUNYLENBQUMsZ0JBQ0MsUUFBUSwyQkFBMkIsWUFBWSxjQUFjLENBQUMsS0FDOUQsWUFBWSxjQUFjLEVBQUUsU0FBUyxTQUFTLGdCQUFnQjtBQUFBLEVBQ2xFO0FBQ0YsUUFBTSxPQUFPLENBQUMsU0FBd0I7QUFDcEMsUUFBSSxLQUFLLHNCQUFzQixFQUFHLE1BQUssTUFBTSxRQUFRLEdBQUc7QUFDeEQsZUFBVyxZQUFZLFlBQVksSUFBSSxJQUFJLFFBQVEsaUJBQWlCLElBQUksSUFBSSxDQUFDLEVBQUcsS0FBSSxRQUFRO0FBQzVGLFNBQUssb0JBQW9CLFFBQVEsR0FBRztBQUNwQyxTQUFLLGFBQWEsY0FBYyxRQUFRLFdBQVc7QUFDbkQsUUFBSSxLQUFLLGdCQUFnQixFQUFHLEtBQUksS0FBSyxjQUFjLENBQUM7QUFDcEQsUUFBSSxLQUFLLFFBQVFBLElBQUcsVUFBVSxhQUFhO0FBQ3pDLFlBQU0sRUFBRSxLQUFLLElBQUssS0FBNEI7QUFDOUMsVUFBSSxRQUFRLG9CQUFvQixLQUFLLFFBQVEsQ0FBQztBQUM5QyxVQUFJLFFBQVEsb0JBQW9CLEtBQUssU0FBUyxDQUFDO0FBQUEsSUFDakQ7QUFDQSxRQUFJLEtBQUssUUFBUUEsSUFBRyxVQUFVLFVBQVUsQ0FBQyxVQUFVLEtBQUssUUFBUSxnQkFBZ0IsQ0FBQyxDQUFDLEtBQUssUUFBUSxJQUFJLEVBQUcsV0FBVSxJQUFJO0FBQUEsRUFDdEg7QUFDQSxRQUFNLFlBQVksQ0FBQyxTQUF3QjtBQUN6QyxVQUFNLGFBQWEsUUFBUSxvQkFBb0IsSUFBSSxFQUFFLE9BQU8sQ0FBQyxhQUFhLENBQUMsVUFBVSxRQUFRLEtBQUssQ0FBQyxXQUFXLFFBQVEsQ0FBQztBQUN2SCxTQUFLLGFBQWEsR0FBRyxRQUFRLEdBQUc7QUFDaEMsZUFBVyxZQUFZLFlBQVk7QUFDakMsWUFBTSxJQUFJLFNBQVMsSUFBSTtBQUN2QixVQUFJLFNBQVMsY0FBYyxPQUFRLEtBQUksUUFBUSxnQkFBZ0IsUUFBUSxDQUFDO0FBQUEsSUFDMUU7QUFDQSxlQUFXLGFBQWEsQ0FBQyxHQUFHLEtBQUssa0JBQWtCLEdBQUcsR0FBRyxLQUFLLHVCQUF1QixDQUFDLEdBQUc7QUFDdkYsVUFBSSxVQUFVLGNBQWMsQ0FBQztBQUM3QixpQkFBVyxhQUFhLFVBQVUsY0FBYyxFQUFHLEtBQUksUUFBUSxnQkFBZ0IsU0FBUyxDQUFDO0FBQ3pGLGdCQUFVLGtCQUFrQixHQUFHLFFBQVEsR0FBRztBQUFBLElBQzVDO0FBQ0EsZUFBVyxTQUFTLFFBQVEsb0JBQW9CLElBQUksRUFBRyxLQUFJLE1BQU0sSUFBSTtBQUFBLEVBQ3ZFO0FBQ0EsYUFBV0csVUFBUyxTQUFTO0FBQzNCLFVBQU0sT0FBTyxRQUFRLGNBQWNBLE1BQUs7QUFDeEMsVUFBTSxTQUFTLFFBQVEsUUFBUSxvQkFBb0IsSUFBSTtBQUN2RCxlQUFXLFVBQVUsV0FBVyxTQUFZLENBQUMsSUFBSSxRQUFRLG1CQUFtQixNQUFNLEdBQUc7QUFDbkYsWUFBTSxTQUFTLE9BQU8sUUFBUUgsSUFBRyxZQUFZLFFBQVEsUUFBUSxpQkFBaUIsTUFBTSxJQUFJO0FBQ3hGLFVBQUksT0FBTyxRQUFRQSxJQUFHLFlBQVksU0FBUyxDQUFDLFdBQVcsTUFBTSxHQUFHO0FBQzlELGNBQU0sUUFBUSxRQUFRLGdCQUFnQixNQUFNO0FBQzVDLFlBQUksS0FBSztBQUNULGtCQUFVLEtBQUs7QUFBQSxNQUNqQjtBQUNBLFVBQUksT0FBTyxRQUFRQSxJQUFHLFlBQVksS0FBTSxLQUFJLFFBQVEsd0JBQXdCLE1BQU0sQ0FBQztBQUFBLElBQ3JGO0FBQUEsRUFDRjtBQUNBLGFBQVcsUUFBUSxNQUFPLE1BQUssSUFBSTtBQUNuQyxTQUFPO0FBQ1Q7QUFHTyxTQUFTLE9BQU8sTUFBaUQ7QUFDdEUsTUFBSSxDQUFDQSxJQUFHLG9CQUFvQixJQUFJLEtBQUssQ0FBQ0EsSUFBRyw4QkFBOEIsSUFBSSxFQUFHLFFBQU87QUFDckYsUUFBTSxPQUFPQSxJQUFHLG9CQUFvQixJQUFJLElBQUksS0FBSyxXQUFXLEtBQUs7QUFDakUsU0FBTyxLQUFLLGVBQWUsV0FBVyxLQUFLQSxJQUFHLGFBQWEsSUFBSSxLQUFLLGdCQUFnQixLQUFLLEtBQUssSUFBSTtBQUNwRztBQUdBLFNBQVMsV0FBVyxRQUE0QjtBQUM5QyxVQUFRLE9BQU8sZ0JBQWdCLENBQUMsR0FBRztBQUFBLElBQ2pDLENBQUMsYUFBYUEsSUFBRyxrQkFBa0IsUUFBUSxNQUFNLFNBQVMsY0FBYyxTQUFTLE9BQU8sT0FBTztBQUFBLEVBQ2pHO0FBQ0Y7QUFFQSxTQUFTLFVBQVUsVUFBOEI7QUFDL0MsVUFBUSxTQUFTLGdCQUFnQixDQUFDLEdBQUc7QUFBQSxJQUNuQyxDQUFDLGlCQUFpQkEsSUFBRyx5QkFBeUIsV0FBVyxJQUFJQSxJQUFHLGNBQWMsYUFBYTtBQUFBLEVBQzdGO0FBQ0Y7QUFHQSxTQUFTLFdBQVcsVUFBOEI7QUFDaEQsU0FBTyxTQUFTLGFBQWEsRUFBRSxLQUFLLENBQUMsRUFBRSxLQUFLLE1BQU0sU0FBUyxVQUFVO0FBQ3ZFO0FBRUEsU0FBUyxZQUFZLE1BQXlDO0FBQzVELFVBQVMsS0FBdUIsY0FBY0EsSUFBRyxZQUFZLGVBQWU7QUFDOUU7QUFHQSxTQUFTRCxTQUFRLFNBQXlDO0FBQ3hELFFBQU0sUUFBUSxvQkFBSSxJQUFZO0FBQzlCLFFBQU0sUUFBUSxDQUFDLFNBQXdCO0FBQ3JDLFFBQUlDLElBQUcsb0JBQW9CLElBQUksS0FBTUEsSUFBRyxhQUFhLElBQUksS0FBSyxXQUFXLElBQUksRUFBSSxPQUFNLElBQUksS0FBSyxJQUFJO0FBQ3BHLElBQUFBLElBQUcsYUFBYSxNQUFNLEtBQUs7QUFBQSxFQUM3QjtBQUNBLGFBQVcsVUFBVSxTQUFTO0FBQzVCLGVBQVcsUUFBUSxZQUFZLFFBQVEsRUFBRSxXQUFXLE1BQU0sVUFBVSxPQUFPLENBQUMsR0FBRztBQUM3RSxVQUFJLENBQUMsYUFBYSxLQUFLLElBQUksRUFBRztBQUM5QixZQUFNQSxJQUFHLGlCQUFpQixNQUFNLGFBQWEsS0FBSyxRQUFRLElBQUksR0FBRyxNQUFNLEdBQUdBLElBQUcsYUFBYSxRQUFRLE1BQU1BLElBQUcsV0FBVyxFQUFFLENBQUM7QUFBQSxJQUMzSDtBQUFBLEVBQ0Y7QUFDQSxTQUFPO0FBQ1Q7QUFHQSxTQUFTLFdBQVcsRUFBRSxPQUFPLEdBQTJCO0FBQ3RELFNBQ0VBLElBQUcsMkJBQTJCLE1BQU0sS0FDcENBLElBQUcsMkJBQTJCLE1BQU0sS0FDcENBLElBQUcsZUFBZSxNQUFNLEtBQ3hCQSxJQUFHLGlCQUFpQixNQUFNLEtBQzFCQSxJQUFHLGtCQUFrQixNQUFNLEtBQzNCQSxJQUFHLGtCQUFrQixNQUFNO0FBRS9COzs7QUM5TndNLE9BQU9JLFNBQVE7QUFRaE4sSUFBTSxVQUE0QztBQUFBLEVBQ3ZELFFBQVE7QUFBQSxFQUNSLEtBQUs7QUFBQSxFQUNMLEtBQUs7QUFBQSxFQUNMLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLEtBQUs7QUFBQSxFQUNMLE1BQU07QUFBQSxFQUNOLEtBQUs7QUFBQSxFQUNMLEtBQUs7QUFBQSxFQUNMLEtBQUs7QUFBQSxFQUNMLEtBQUs7QUFBQSxFQUNMLEtBQUs7QUFBQSxFQUNMLEtBQUs7QUFBQSxFQUNMLEtBQUs7QUFBQSxFQUNMLE9BQU87QUFBQSxFQUNQLEtBQUs7QUFBQSxFQUNMLEtBQUs7QUFBQSxFQUNMLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLEtBQUs7QUFBQSxFQUNMLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLEtBQUs7QUFBQSxFQUNMLEtBQUs7QUFBQSxFQUNMLEtBQUs7QUFBQSxFQUNMLEtBQUs7QUFBQSxFQUNMLEtBQUs7QUFBQSxFQUNMLEtBQUs7QUFBQSxFQUNMLEtBQUs7QUFBQSxFQUNMLE9BQU87QUFBQSxFQUNQLFdBQVc7QUFDYjtBQUdPLFNBQVMsYUFBYSxFQUFFLE1BQU0sR0FBa0I7QUFDckQsUUFBTSxRQUFRLElBQUksSUFBSSxPQUFPLE9BQU8sT0FBTyxDQUFDO0FBQzVDLFFBQU0sUUFBUSxDQUFDLFNBQXdCO0FBQ3JDLFFBQUlDLElBQUcsYUFBYSxJQUFJLEtBQUssTUFBTSxJQUFJLEtBQUssSUFBSSxLQUFLLE9BQU8sSUFBSSxHQUFHO0FBQ2pFLFlBQU0sSUFBSTtBQUFBLFFBQ1IsR0FBRyxLQUFLLGNBQWMsRUFBRSxRQUFRLGtCQUFrQixLQUFLLElBQUk7QUFBQSxNQUM3RDtBQUFBLElBQ0Y7QUFDQSxJQUFBQSxJQUFHLGFBQWEsTUFBTSxLQUFLO0FBQUEsRUFDN0I7QUFDQSxRQUFNLFFBQVEsS0FBSztBQUNyQjtBQUdBLFNBQVMsT0FBTyxNQUE4QjtBQUM1QyxRQUFNLEVBQUUsT0FBTyxJQUFJO0FBQ25CLE1BQUlBLElBQUcsaUJBQWlCLE1BQU07QUFDNUIsV0FBT0EsSUFBRyx1QkFBdUIsT0FBTyxNQUFNLE1BQU0sT0FBTyxnQkFBZ0IsT0FBTyxVQUFVO0FBQzlGLFFBQU0sV0FBV0EsSUFBRywyQkFBMkIsTUFBTSxLQUFLQSxJQUFHLDJCQUEyQixNQUFNLEtBQUtBLElBQUcsZUFBZSxNQUFNO0FBQzNILFNBQU8sWUFBWSxPQUFPLFNBQVM7QUFDckM7OztBQzVFb04sT0FBT0MsU0FBUTtBQU01TixJQUFNLGVBQWU7QUFVckIsU0FBUyxlQUFlQyxVQUFrQixPQUFxQixRQUEwRDtBQUM5SCxRQUFNLEVBQUUsUUFBUSxJQUFJQTtBQUNwQixRQUFNQyxXQUFVLG9CQUFJLElBQW9CO0FBQ3hDLGFBQVcsUUFBUUQsU0FBUSxPQUFPO0FBQ2hDLFVBQU0sUUFBZ0IsQ0FBQztBQUN2QixVQUFNLFlBQVksQ0FBQyxTQUE0QztBQUM3RCxZQUFNLE1BQU0sTUFBTSxHQUFHLElBQUk7QUFDekIsWUFBTSxNQUFNLE9BQU8sSUFBSSxLQUFLLElBQUk7QUFFaEMsVUFBSSxRQUFRLFVBQWEsUUFBUSxVQUFhRSxJQUFHLDhCQUE4QixLQUFLLE1BQU07QUFDeEYsZUFBTyxJQUFJLFFBQVEsS0FBSyxNQUFNLEdBQUc7QUFDbkMsYUFBTyxPQUFPLFNBQVMsTUFBTSxRQUFRLE9BQU87QUFBQSxJQUM5QztBQUNBLFVBQU0sUUFBUSxDQUFDLFNBQXdCO0FBQ3JDLFlBQU0sT0FBT0EsSUFBRyxhQUFhLElBQUksSUFDN0IsVUFBVSxJQUFJLElBQ2QsVUFBVSxJQUFJLElBQ1osTUFBTSxNQUFNLElBQUksSUFDaEIsVUFBVSxJQUFJLEtBQUssT0FBTyxJQUFJLEtBQUssSUFBSSxJQUNyQyxJQUFJLE9BQU8sSUFBSSxLQUFLLElBQUksQ0FBQyxNQUN6QjtBQUNSLFVBQUksU0FBUyxPQUFXLE9BQU0sS0FBSyxFQUFFLE9BQU8sS0FBSyxTQUFTLEdBQUcsS0FBSyxLQUFLLEtBQUssS0FBSyxDQUFDO0FBQ2xGLE1BQUFBLElBQUcsYUFBYSxNQUFNLEtBQUs7QUFBQSxJQUM3QjtBQUNBLFVBQU0sSUFBSTtBQUNWLFFBQUksTUFBTSxTQUFTLEVBQUcsQ0FBQUQsU0FBUSxJQUFJLEtBQUssVUFBVSxLQUFLO0FBQUEsRUFDeEQ7QUFDQSxTQUFPQTtBQUNUO0FBR0EsU0FBUyxTQUFTLE1BQXFCLFFBQXFDLFNBQTZDO0FBQ3ZILFFBQU0sRUFBRSxRQUFRLEtBQUssSUFBSTtBQUN6QixRQUFNLE9BQU8sT0FBTyxJQUFJLElBQUk7QUFDNUIsTUFBSSxTQUFTLE9BQVcsUUFBTztBQUMvQixNQUFJQyxJQUFHLGlCQUFpQixNQUFNLEtBQUtBLElBQUcsdUJBQXVCLE9BQU8sTUFBTSxNQUFNLE9BQU8sZ0JBQWdCLE9BQU8sVUFBVSxNQUFNO0FBQzVILFFBQUksT0FBTyxtQkFBbUIsT0FBVyxRQUFPO0FBQ2hELFdBQU8sT0FBTyxpQkFBaUIsU0FBWSxHQUFHLElBQUksS0FBSyxJQUFJLEtBQUs7QUFBQSxFQUNsRTtBQUNBLFFBQU0sU0FBUyxRQUNaLG9CQUFvQixJQUFJLEdBQ3ZCLGNBQWMsS0FBSyxDQUFDLFNBQVNBLElBQUcsK0JBQStCLE1BQU0sS0FBSyxNQUFNLENBQUM7QUFDckYsTUFBSUEsSUFBRyw4QkFBOEIsTUFBTSxHQUFHO0FBQzVDLFVBQU0sUUFBUSxRQUFRLGtDQUFrQyxNQUFNO0FBQzlELFVBQU0sY0FBYyxPQUFPLGNBQWMsS0FBSyxDQUFDLFNBQVNBLElBQUcsK0JBQStCLE1BQU0sS0FBSyxNQUFNLENBQUM7QUFDNUcsV0FBTyxHQUFHLElBQUksS0FBSyxjQUFjLE9BQU8sSUFBSTtBQUFBLEVBQzlDO0FBQ0EsUUFBTSxVQUNIQSxJQUFHLDJCQUEyQixNQUFNLEtBQUssT0FBTyxTQUFTLFFBQ3pEQSxJQUFHLHFCQUFxQixNQUFNLEtBQUssT0FBTyxTQUFTLFNBQ2xEQSxJQUFHLGVBQWUsTUFBTSxLQUFLQSxJQUFHLGNBQWMsTUFBTSxLQUFLQSxJQUFHLG9CQUFvQixNQUFNLEtBQUtBLElBQUcsV0FBVyxNQUFNLE1BQy9HLE9BQU8sU0FBUztBQUNwQixTQUFPLFdBQVcsU0FBUyxPQUFPO0FBQ3BDO0FBRU8sSUFBTSxlQUFOLE1BQW1CO0FBQUEsRUFNeEIsWUFBWSxFQUFFLFNBQVMsTUFBTSxHQUFZO0FBSHpDO0FBQUEsU0FBaUIsU0FBUyxvQkFBSSxJQUFxQztBQUNuRSxTQUFpQixRQUFRLG9CQUFJLElBQXVCO0FBR2xELFNBQUssVUFBVTtBQUNmLFVBQU0sUUFBUSxDQUFDLFNBQXdCO0FBQ3JDLFVBQUlBLElBQUcsWUFBWSxJQUFJLEVBQUcsTUFBSyxNQUFNLElBQUk7QUFDekMsTUFBQUEsSUFBRyxhQUFhLE1BQU0sS0FBSztBQUFBLElBQzdCO0FBQ0EsVUFBTSxRQUFRLEtBQUs7QUFBQSxFQUNyQjtBQUFBO0FBQUEsRUFHQSxHQUFHLE1BQXlDO0FBQzFDLFVBQU0sRUFBRSxRQUFRLEtBQUssSUFBSTtBQUV6QixRQUNFQSxJQUFHLGlCQUFpQixNQUFNLEtBQzFCQSxJQUFHLHVCQUF1QixPQUFPLE1BQU0sTUFDdEMsT0FBTyxnQkFBZ0IsT0FBTyxVQUFVLE1BQ3pDO0FBQ0EsWUFBTSxPQUFPLEtBQUssR0FBRyxLQUFLLFFBQVEsa0JBQWtCLEtBQUssUUFBUSxrQkFBa0IsT0FBTyxNQUFNLEdBQUcsSUFBSSxDQUFDO0FBQ3hHLGFBQU8sU0FBUyxVQUFhLE9BQU8saUJBQWlCLFNBQVksR0FBRyxJQUFJLEtBQUssSUFBSSxLQUFLO0FBQUEsSUFDeEY7QUFDQSxRQUFJQSxJQUFHLDhCQUE4QixNQUFNLEdBQUc7QUFDNUMsWUFBTSxPQUFPLEtBQUssR0FBRyxLQUFLLFFBQVEsa0NBQWtDLE1BQU0sQ0FBQztBQUMzRSxhQUFPLFFBQVEsR0FBRyxJQUFJLEtBQUssSUFBSTtBQUFBLElBQ2pDO0FBQ0EsV0FBTyxLQUFLLEdBQUcsS0FBSyxRQUFRLG9CQUFvQixJQUFJLENBQUM7QUFBQSxFQUN2RDtBQUFBO0FBQUEsRUFHQSxNQUFNLEVBQUUsUUFBUSxLQUFLLEdBQXlDO0FBQzVELFVBQU0sRUFBRSxXQUFXLElBQUksT0FBTztBQUM5QixVQUFNLE9BQU8sS0FBSyxHQUFHLEtBQUssUUFBUSxrQkFBa0IsS0FBSyxRQUFRLG9CQUFvQixVQUFVLEdBQUcsSUFBSSxDQUFDO0FBQ3ZHLFdBQU8sUUFBUSxJQUFJLElBQUk7QUFBQSxFQUN6QjtBQUFBLEVBRUEsR0FBRyxRQUFtRDtBQUNwRCxVQUFNLGNBQWMsUUFBUSxjQUFjLEtBQUtDLFVBQVM7QUFDeEQsV0FBTyxlQUFlLEtBQUssTUFBTSxJQUFJLFNBQVMsV0FBVyxDQUFDO0FBQUEsRUFDNUQ7QUFBQTtBQUFBLEVBR1EsTUFBTSxPQUF3QztBQUNwRCxVQUFNLFFBQVEsS0FBSyxPQUFPLElBQUksS0FBSztBQUNuQyxRQUFJLFVBQVUsT0FBVyxRQUFPO0FBQ2hDLFVBQU0sV0FBVyxNQUFNLGlCQUFpQixLQUFLLENBQUMsRUFBRSxNQUFNLE1BQU0sVUFBVUQsSUFBRyxXQUFXLGNBQWMsR0FBRyxNQUFNLENBQUM7QUFDNUcsVUFBTSxPQUFPLFlBQVksS0FBSyxRQUFRLGtCQUFrQixTQUFTLFVBQVUsRUFBRSxRQUFRO0FBQ3JGLFVBQU0sU0FBUyxTQUFTLFVBQWFBLElBQUcsWUFBWSxJQUFJLElBQUksRUFBRSxHQUFHLEtBQUssTUFBTSxJQUFJLEVBQUUsSUFBSSxFQUFFLEdBQUcsR0FBRyxHQUFHLEVBQUU7QUFDbkcsVUFBTSxRQUFRLE1BQU0sUUFBUSxPQUFPQSxJQUFHLHdCQUF3QixFQUFFLFFBQVEsQ0FBQyxFQUFFLFdBQVcsTUFBTSxDQUFDLEdBQUcsVUFBVSxDQUFDO0FBQzNHLGVBQVcsVUFBVSxDQUFDLEdBQUcsT0FBTyxHQUFHLE1BQU0sT0FBTyxFQUFFLE9BQU9DLFVBQVMsR0FBRztBQUNuRSxZQUFNLFNBQVMsU0FBUyxNQUFNO0FBQzlCLFlBQU0sT0FBT0QsSUFBRyxvQkFBb0IsTUFBTSxJQUFJLE1BQU07QUFDcEQsVUFBSSxDQUFDLEtBQUssTUFBTSxJQUFJLE1BQU0sRUFBRyxNQUFLLE1BQU0sSUFBSSxRQUFRLEdBQUcsSUFBSSxHQUFHLE9BQU8sSUFBSSxHQUFHLEdBQUc7QUFBQSxJQUNqRjtBQUNBLFNBQUssT0FBTyxJQUFJLE9BQU8sTUFBTTtBQUM3QixXQUFPO0FBQUEsRUFDVDtBQUNGO0FBUUEsU0FBUyxTQUFTLGFBQXdDO0FBQ3hELFNBQVEsWUFBdUQ7QUFDakU7QUFFQSxTQUFTQyxXQUFVLGFBQXNDO0FBQ3ZELFFBQU0sV0FBV0QsSUFBRyxlQUFlLFdBQVcsS0FBS0EsSUFBRyxZQUFZLFdBQVc7QUFDN0UsU0FBTyxhQUFhQSxJQUFHLHlCQUF5QixXQUFXLElBQUlBLElBQUcsY0FBYyxhQUFhO0FBQy9GO0FBRUEsU0FBUyxVQUFVLE1BQXlDO0FBQzFELFNBQU9BLElBQUcsZ0JBQWdCLElBQUksS0FBS0EsSUFBRyxrQkFBa0IsS0FBSyxNQUFNLEtBQUtBLElBQUcsd0JBQXdCLEtBQUssT0FBTyxNQUFNO0FBQ3ZIO0FBR0EsU0FBUyxVQUFVLE1BQXlDO0FBQzFELE1BQUksQ0FBQ0EsSUFBRyxnQkFBZ0IsSUFBSSxLQUFLLENBQUNBLElBQUcsa0JBQWtCLEtBQUssTUFBTSxFQUFHLFFBQU87QUFDNUUsUUFBTSxPQUFPQSxJQUFHLGdCQUFnQixLQUFLLE9BQU8sTUFBTSxJQUFJLEtBQUssT0FBTyxTQUFTLEtBQUs7QUFDaEYsU0FBTyxPQUFPLEtBQUssTUFBTTtBQUMzQjs7O0FDL0p3TSxTQUFTLGVBQWU7QUFDaE8sT0FBT0UsU0FBUTtBQVNSLFNBQVMsWUFBWSxRQUF5QjtBQUNuRCxRQUFNQyxRQUFPLFFBQVEsTUFBTTtBQUMzQixRQUFNLE9BQU8sRUFBRSxHQUFHQyxJQUFHLGVBQWUsUUFBUUEsSUFBRyxJQUFJLFFBQVEsRUFBRSxRQUFRLFNBQVMsQ0FBQyxLQUFLLEVBQUU7QUFDdEYsUUFBTSxFQUFFLFNBQVMsVUFBVSxJQUFJQSxJQUFHLDJCQUEyQixNQUFNQSxJQUFHLEtBQUtELEtBQUk7QUFDL0UsUUFBTSxVQUFVQyxJQUFHLGNBQWMsV0FBVyxPQUFPO0FBRW5ELFFBQU0sV0FBVyxDQUFDLGFBQXFCLFNBQVMsV0FBVyxHQUFHRCxLQUFJLG9CQUFvQjtBQUN0RixRQUFNLFFBQVEsUUFBUSxlQUFlLEVBQUUsT0FBTyxDQUFDLEVBQUUsU0FBUyxNQUFNLFNBQVMsV0FBVyxHQUFHQSxLQUFJLE9BQU8sS0FBSyxDQUFDLFNBQVMsUUFBUSxDQUFDO0FBQzFILFNBQU8sRUFBRSxTQUFTLFNBQVMsUUFBUSxlQUFlLEdBQUcsTUFBTTtBQUM3RDtBQUdPLFNBQVMsV0FBVyxFQUFFLE1BQU0sR0FBa0I7QUFDbkQsUUFBTSxRQUFRLENBQUMsU0FBd0I7QUFDckMsVUFBTSxTQUFTQyxJQUFHLHNCQUFzQixJQUFJLEtBQUtBLElBQUcsaUJBQWlCLElBQUk7QUFDekUsUUFBSSxVQUFVQSxJQUFHLDJCQUEyQixLQUFLLFVBQVUsR0FBRztBQUM1RCxZQUFNLElBQUksTUFBTSxHQUFHLEtBQUssY0FBYyxFQUFFLFFBQVEsS0FBSyxLQUFLLFFBQVEsQ0FBQyw2QkFBNkI7QUFBQSxJQUNsRztBQUNBLElBQUFBLElBQUcsYUFBYSxNQUFNLEtBQUs7QUFBQSxFQUM3QjtBQUNBLFFBQU0sUUFBUSxLQUFLO0FBQ3JCOzs7QUMvQjRNLFNBQVMsV0FBQUMsVUFBUyxlQUFlO0FBQzdPLE9BQU9DLFNBQVE7OztBQ0QrTCxPQUFPQyxTQUFRO0FBSXROLElBQU0sYUFBTixNQUFpQjtBQUFBLEVBSXRCLFlBQVksRUFBRSxTQUFTLE1BQU0sR0FBWTtBQUZ6QyxTQUFpQixPQUFPLG9CQUFJLElBQWdDO0FBRzFELFNBQUssVUFBVTtBQUNmLFVBQU0sUUFBUSxDQUFDLFNBQXdCO0FBQ3JDLFVBQUlDLElBQUcsYUFBYSxJQUFJLEVBQUcsTUFBSyxLQUFLLElBQUk7QUFDekMsTUFBQUEsSUFBRyxhQUFhLE1BQU0sS0FBSztBQUFBLElBQzdCO0FBQ0EsVUFBTSxRQUFRLEtBQUs7QUFBQSxFQUNyQjtBQUFBO0FBQUEsRUFHQSxPQUFPLFFBQTZDO0FBQ2xELFdBQU8sS0FBSyxLQUFLLElBQUksTUFBTSxLQUFLLENBQUM7QUFBQSxFQUNuQztBQUFBO0FBQUEsRUFHQSxTQUFTLE1BQXNDO0FBQzdDLFVBQU0sY0FBY0EsSUFBRyw4QkFBOEIsS0FBSyxNQUFNLEtBQUssS0FBSyxPQUFPLFNBQVM7QUFDMUYsVUFBTSxTQUFTLGNBQ1gsS0FBSyxRQUFRLGtDQUFrQyxLQUFLLE1BQU0sSUFDMUQsS0FBSyxRQUFRLG9CQUFvQixJQUFJO0FBQ3pDLFdBQU8sVUFBVSxPQUFPLFFBQVFBLElBQUcsWUFBWSxRQUFRLEtBQUssUUFBUSxpQkFBaUIsTUFBTSxJQUFJO0FBQUEsRUFDakc7QUFBQTtBQUFBLEVBR0EsU0FBUyxPQUF1RDtBQUM5RCxVQUFNLFFBQVFBLElBQUcsZ0JBQWdCLEtBQUssSUFBSSxNQUFNLFNBQVM7QUFDekQsVUFBTSxVQUFVQSxJQUFHLHNCQUFzQixLQUFLLEtBQUtBLElBQUcsc0JBQXNCLEtBQUssS0FBS0EsSUFBRyxvQkFBb0IsS0FBSztBQUNsSCxXQUFPLFdBQVcsTUFBTSxPQUFPLEtBQUssUUFBUSxvQkFBb0IsTUFBTSxJQUFJLElBQUk7QUFBQSxFQUNoRjtBQUFBO0FBQUEsRUFHQSxRQUFRLFFBQXdDO0FBQzlDLFVBQU0sUUFBUSxLQUFLLE9BQU8sTUFBTSxFQUFFLElBQUksQ0FBQyxRQUFRO0FBQzdDLFlBQU0sU0FBU0EsSUFBRywyQkFBMkIsSUFBSSxNQUFNLElBQUksSUFBSSxTQUFTO0FBQ3hFLGFBQU9BLElBQUcsaUJBQWlCLE9BQU8sTUFBTSxLQUFLLE9BQU8sT0FBTyxlQUFlLFNBQVMsT0FBTyxTQUFTO0FBQUEsSUFDckcsQ0FBQztBQUNELFdBQU8sTUFBTSxPQUFPLENBQUMsU0FBUyxTQUFTLE1BQVM7QUFBQSxFQUNsRDtBQUFBLEVBRVEsS0FBSyxNQUEyQjtBQUN0QyxVQUFNLFNBQVMsS0FBSyxTQUFTLElBQUk7QUFDakMsVUFBTSxhQUFhLFFBQVEsY0FBYyxLQUFLLENBQUMsZ0JBQWlCLFlBQW9DLFNBQVMsSUFBSTtBQUNqSCxRQUFJLFdBQVcsVUFBYSxXQUFZO0FBQ3hDLFVBQU0sUUFBUSxLQUFLLEtBQUssSUFBSSxNQUFNO0FBQ2xDLFFBQUksVUFBVSxPQUFXLE1BQUssS0FBSyxJQUFJLFFBQVEsQ0FBQyxJQUFJLENBQUM7QUFBQSxRQUNoRCxPQUFNLEtBQUssSUFBSTtBQUFBLEVBQ3RCO0FBQ0Y7QUFHTyxTQUFTLFdBQVcsTUFBeUM7QUFDbEUsU0FBT0EsSUFBRyxnQkFBZ0IsSUFBSSxLQUFLQSxJQUFHLGFBQWEsS0FBSyxVQUFVLEtBQUssS0FBSyxXQUFXLFNBQVM7QUFDbEc7OztBRHJEQSxJQUFNLFVBQVU7QUFDaEIsSUFBTSxRQUFRO0FBR2QsSUFBTSxhQUFhO0FBR25CLElBQU0sUUFBUTtBQVdQLFNBQVMsY0FBY0MsVUFBa0IsU0FBaUQ7QUFDL0YsUUFBTSxVQUFVLFFBQVEsSUFBSSxDQUFDQyxXQUFVLElBQUksSUFBSSxVQUFVRCxVQUFTQyxNQUFLLENBQUMsQ0FBQztBQUN6RSxRQUFNLFNBQVMsSUFBSSxJQUFJLFFBQVEsUUFBUSxDQUFDLFVBQVUsQ0FBQyxHQUFHLEtBQUssQ0FBQyxDQUFDO0FBQzdELFFBQU0sU0FBUyxJQUFJLE9BQU9ELFVBQVMsTUFBTTtBQUN6QyxRQUFNLFFBQWlELENBQUM7QUFDeEQsTUFBSTtBQUNKLFFBQU0sUUFBUSxDQUFDLFNBQXdCO0FBQ3JDLFFBQUlFLElBQUcsb0JBQW9CLElBQUksS0FBSyxLQUFLLEtBQUssVUFBVSxjQUFjLE9BQU8sV0FBVyxJQUFJO0FBQzFGLFlBQU0sS0FBSyxFQUFFLE1BQU0sTUFBTSxLQUFLLEtBQUssQ0FBQztBQUN0QyxRQUFJQSxJQUFHLHFCQUFxQixJQUFJLEtBQUssT0FBTyxXQUFXLElBQUksRUFBRyxPQUFNLEtBQUssRUFBRSxNQUFNLE1BQU0sT0FBTyxJQUFJLEVBQUUsQ0FBQztBQUNyRyxRQUFJQSxJQUFHLHNCQUFzQixJQUFJLEtBQUssS0FBSyxLQUFLLFFBQVEsTUFBTSxNQUFPLFNBQVEsS0FBSztBQUNsRixJQUFBQSxJQUFHLGFBQWEsTUFBTSxLQUFLO0FBQUEsRUFDN0I7QUFDQSxhQUFXLFFBQVEsT0FBUSxPQUFNLElBQUk7QUFFckMsUUFBTSxTQUFTLENBQUMsU0FBa0IsUUFBUSxVQUFVLENBQUMsVUFBVSxNQUFNLElBQUksS0FBSyxjQUFjLENBQUMsQ0FBQztBQUM5RixRQUFNLFFBQVEsb0JBQUksSUFBb0I7QUFDdEMsYUFBVyxFQUFFLE1BQU0sS0FBSyxLQUFLLE1BQU8sT0FBTSxJQUFJLE1BQU0sS0FBSyxJQUFJLE9BQU8sSUFBSSxHQUFHLE1BQU0sSUFBSSxJQUFJLEtBQUssT0FBTyxJQUFJLENBQUMsQ0FBQztBQUMzRyxRQUFNLFFBQVEsQ0FBQyxHQUFHLE1BQU0sS0FBSyxDQUFDLEVBQUUsS0FBSyxDQUFDLEdBQUcsTUFBTSxNQUFNLElBQUksQ0FBQyxJQUFLLE1BQU0sSUFBSSxDQUFDLE1BQU8sSUFBSSxJQUFJLEtBQUssRUFBRTtBQUNoRyxRQUFNLFFBQVEsTUFBTSxLQUFLLENBQUMsU0FBUyxLQUFLLFNBQVMsT0FBTyxDQUFDO0FBQ3pELE1BQUksVUFBVSxPQUFXLE9BQU0sSUFBSSxNQUFNLDJCQUEyQixPQUFPLEtBQUssS0FBSyxFQUFFO0FBQ3ZGLFFBQU0sUUFBUSxvQkFBSSxJQUFvQjtBQUN0QyxRQUFNLE1BQU0sQ0FBQyxNQUFlLFNBQWlCO0FBQzNDLFVBQU0sRUFBRSxTQUFTLElBQUksS0FBSyxjQUFjO0FBQ3hDLFVBQU0sSUFBSSxVQUFVLENBQUMsR0FBSSxNQUFNLElBQUksUUFBUSxLQUFLLENBQUMsR0FBSSxHQUFHLElBQUksQ0FBQztBQUFBLEVBQy9EO0FBQ0EsYUFBVyxFQUFFLE1BQU0sS0FBSyxLQUFLLE1BQU8sS0FBSSxNQUFNLFFBQVEsTUFBTSxNQUFNLFFBQVEsSUFBSSxHQUFHLFFBQVEsSUFBSSxDQUFDLENBQUM7QUFDL0YsTUFBSSxPQUFRLENBQUMsRUFBRSxPQUFPLE1BQU8sU0FBUyxHQUFHLEtBQUssTUFBTyxLQUFLLE1BQU0sS0FBSyxVQUFVLE1BQU0sS0FBSyxPQUFPLENBQUMsRUFBRSxDQUFDLENBQUM7QUFDdEcsU0FBTztBQUNUO0FBR0EsU0FBUyxPQUFPLEVBQUUsTUFBTSxjQUFjLEdBQWtDO0FBQ3RFLFFBQU0sU0FBUyxDQUFDLEtBQUssTUFBTSxHQUFHLGNBQWMsSUFBSSxDQUFDLEVBQUUsU0FBQUMsU0FBUSxNQUFNQSxTQUFRLElBQUksQ0FBQztBQUM5RSxRQUFNLFFBQVEsT0FBTyxLQUFLLENBQUMsVUFBVSxNQUFNLFNBQVMsS0FBSyxDQUFDO0FBQzFELE1BQUksVUFBVSxPQUFXLE9BQU0sSUFBSSxNQUFNLHVDQUF1QyxLQUFLLEtBQUssS0FBSyxFQUFFO0FBQ2pHLFNBQU8sT0FBTyxLQUFLLEtBQUs7QUFDMUI7QUFHQSxTQUFTLFFBQVEsTUFBcUIsUUFBZ0IsT0FBd0I7QUFDNUUsTUFBSSxDQUFDRCxJQUFHLHFCQUFxQixJQUFJO0FBQy9CLFdBQU8sQ0FBQyxFQUFFLE9BQU8sS0FBSyxTQUFTLEdBQUcsS0FBSyxLQUFLLEtBQUssTUFBTSxRQUFRLEdBQUcsTUFBTSxLQUFLLElBQUksTUFBTSxJQUFJLENBQUM7QUFDOUYsUUFBTSxFQUFFLE1BQU0sY0FBYyxJQUFJO0FBQ2hDLFFBQU0sUUFBUSxDQUFDLEVBQUUsT0FBTyxLQUFLLFNBQVMsR0FBRyxLQUFLLEtBQUssS0FBSyxNQUFNLElBQUksTUFBTSxJQUFJLENBQUM7QUFDN0UsYUFBVyxDQUFDLEdBQUcsRUFBRSxTQUFBQyxTQUFRLENBQUMsS0FBSyxjQUFjLFFBQVEsR0FBRztBQUN0RCxVQUFNLEtBQUssRUFBRSxPQUFPQSxTQUFRLFNBQVMsR0FBRyxLQUFLQSxTQUFRLEtBQUssTUFBTSxNQUFNLGNBQWMsU0FBUyxJQUFJLE1BQU0sSUFBSSxDQUFDO0FBQUEsRUFDOUc7QUFDQSxTQUFPO0FBQ1Q7QUFHQSxTQUFTLFFBQVEsTUFBOEI7QUFDN0MsUUFBTSxFQUFFLE9BQU8sSUFBSTtBQUNuQixTQUFPLFdBQVcsTUFBTSxNQUFPRCxJQUFHLDBCQUEwQixNQUFNLEtBQUssU0FBUyxJQUFJLE1BQU0sUUFBUSxNQUF1QjtBQUMzSDtBQUVBLFNBQVMsU0FBUyxNQUF3QjtBQUN4QyxRQUFNLEVBQUUsT0FBTyxJQUFJO0FBQ25CLFNBQU9BLElBQUcsd0JBQXdCLE1BQU0sS0FBSyxPQUFPLGNBQWM7QUFDcEU7QUFHQSxTQUFTLFVBQVUsRUFBRSxTQUFTLE1BQU0sR0FBWUQsUUFBbUM7QUFDakYsUUFBTSxNQUFNLElBQUksSUFBSSxLQUFLO0FBQ3pCLFFBQU0sUUFBUSxvQkFBSSxJQUFtQixDQUFDLFFBQVEsY0FBY0EsTUFBSyxDQUFFLENBQUM7QUFDcEUsYUFBVyxRQUFRLE9BQU87QUFDeEIsZUFBVyxhQUFhLEtBQUssWUFBWTtBQUN2QyxZQUFNLFNBQVVDLElBQUcsb0JBQW9CLFNBQVMsS0FBSyxDQUFDLFVBQVUsY0FBYyxjQUFlLFNBQVMsU0FBUztBQUMvRyxVQUFJLENBQUMsVUFBVSxDQUFDLFVBQVUsbUJBQW1CLENBQUNBLElBQUcsZ0JBQWdCLFVBQVUsZUFBZSxFQUFHO0FBQzdGLFlBQU0sT0FBTyxRQUFRRSxTQUFRLEtBQUssUUFBUSxHQUFHLFVBQVUsZ0JBQWdCLEtBQUssUUFBUSxTQUFTLEtBQUssQ0FBQztBQUNuRyxZQUFNLFNBQVMsUUFBUSxjQUFjLElBQUk7QUFDekMsVUFBSSxXQUFXLFVBQWEsSUFBSSxJQUFJLE1BQU0sRUFBRyxPQUFNLElBQUksTUFBTTtBQUFBLElBQy9EO0FBQUEsRUFDRjtBQUNBLFNBQU87QUFDVDtBQUVBLFNBQVMsU0FBUyxXQUE0RDtBQUM1RSxTQUFPRixJQUFHLG9CQUFvQixTQUFTLEtBQUssQ0FBQyxVQUFVO0FBQ3pEO0FBR0EsSUFBTSxTQUFOLE1BQWE7QUFBQSxFQU1YLFlBQ0VGLFVBQ2lCLFFBQ2pCO0FBRGlCO0FBTG5CO0FBQUEsU0FBaUIsV0FBVyxvQkFBSSxJQUFlO0FBTzdDLFNBQUssVUFBVUEsU0FBUTtBQUN2QixTQUFLLGFBQWEsSUFBSSxXQUFXQSxRQUFPO0FBQ3hDLFVBQU0sUUFBUSxDQUFDLFNBQXdCO0FBQ3JDLFlBQU0sU0FBUyxLQUFLLFVBQVUsSUFBSTtBQUNsQyxVQUFJLFdBQVcsT0FBVyxNQUFLLFNBQVMsSUFBSSxNQUFNO0FBQ2xELE1BQUFFLElBQUcsYUFBYSxNQUFNLEtBQUs7QUFBQSxJQUM3QjtBQUNBLElBQUFGLFNBQVEsTUFBTSxRQUFRLEtBQUs7QUFDM0IsUUFBSTtBQUNKLE9BQUc7QUFDRCxlQUFTLEtBQUssU0FBUztBQUN2QixpQkFBVyxVQUFVLEtBQUssU0FBVSxLQUFJLENBQUMsS0FBSyxVQUFVLE1BQU0sRUFBRyxNQUFLLFNBQVMsT0FBTyxNQUFNO0FBQUEsSUFDOUYsU0FBUyxLQUFLLFNBQVMsT0FBTztBQUFBLEVBQ2hDO0FBQUE7QUFBQSxFQUdBLFdBQVcsTUFBOEI7QUFDdkMsVUFBTSxFQUFFLE9BQU8sSUFBSTtBQUNuQixRQUFJRSxJQUFHLDBCQUEwQixNQUFNLEVBQUcsUUFBTyxLQUFLLFdBQVcsTUFBTTtBQUN2RSxRQUFJLFNBQVMsSUFBSSxLQUFLLFdBQVcsSUFBSSxFQUFHLFFBQU8sS0FBSyxXQUFXLE1BQXVCO0FBQ3RGLFFBQUksV0FBVyxNQUFNLEVBQUcsUUFBTyxPQUFPLFdBQVcsUUFBUSxJQUFJLE1BQU07QUFDbkUsUUFBSUEsSUFBRyxlQUFlLE1BQU0sRUFBRyxRQUFPLEtBQUssT0FBTyxJQUFJLEtBQUssY0FBYyxDQUFDLEtBQUssS0FBSyxXQUFXLE9BQU8sTUFBTTtBQUM1RyxRQUFJQSxJQUFHLGlCQUFpQixNQUFNLEVBQUcsUUFBTyxLQUFLLFdBQVcsS0FBSyxZQUFZLFFBQVEsSUFBSSxDQUFDO0FBQ3RGLFNBQUtBLElBQUcsc0JBQXNCLE1BQU0sS0FBS0EsSUFBRyxZQUFZLE1BQU0sTUFBTSxPQUFPLGdCQUFnQixNQUFNO0FBQy9GLGFBQU8sS0FBSyxXQUFXLEtBQUssUUFBUSxvQkFBb0IsT0FBTyxJQUFJLENBQUM7QUFBQSxJQUN0RTtBQUNBLFFBQUksYUFBYSxNQUFNLEtBQUssT0FBTyxVQUFVLEtBQU0sUUFBTyxLQUFLLFdBQVcsS0FBSyxXQUFXLFNBQVMsT0FBTyxJQUFJLENBQUM7QUFDL0csUUFBSUEsSUFBRyxrQkFBa0IsTUFBTSxLQUFNQSxJQUFHLGdCQUFnQixNQUFNLEtBQUssT0FBTyxTQUFTLE1BQU87QUFDeEYsWUFBTSxRQUFRQSxJQUFHLGdCQUFnQixNQUFNLElBQUksU0FBU0EsSUFBRyxhQUFhLFFBQVFBLElBQUcsY0FBYztBQUM3RixhQUFPLFVBQVUsVUFBYSxLQUFLLFdBQVcsS0FBSyxXQUFXLFNBQVMsS0FBSyxDQUFDO0FBQUEsSUFDL0U7QUFDQSxXQUFPO0FBQUEsRUFDVDtBQUFBLEVBRVEsV0FBVyxRQUF3QztBQUN6RCxXQUFPLFdBQVcsVUFBYSxLQUFLLFNBQVMsSUFBSSxNQUFNO0FBQUEsRUFDekQ7QUFBQSxFQUVRLFVBQVUsTUFBc0M7QUFDdEQsVUFBTSxhQUFhQSxJQUFHLHNCQUFzQixJQUFJLEtBQUssQ0FBQyxXQUFXLEtBQUssT0FBTyxNQUFNO0FBQ25GLFNBQUssY0FBZUEsSUFBRyxZQUFZLElBQUksS0FBSyxRQUFRLEtBQUssTUFBTSxNQUFPQSxJQUFHLGFBQWEsS0FBSyxJQUFJLEdBQUc7QUFDaEcsYUFBTyxLQUFLLE9BQU8sS0FBSyxRQUFRLGtCQUFrQixLQUFLLElBQUksQ0FBQyxJQUFJLEtBQUssUUFBUSxvQkFBb0IsS0FBSyxJQUFJLElBQUk7QUFBQSxJQUNoSDtBQUNBLFFBQUksQ0FBQ0EsSUFBRyxzQkFBc0IsSUFBSSxLQUFLLENBQUNBLElBQUcsZ0JBQWdCLElBQUksRUFBRyxRQUFPO0FBQ3pFLFVBQU0sV0FBVyxLQUFLLFFBQVEsNEJBQTRCLElBQUksR0FBRyxjQUFjO0FBQy9FLFdBQU8sYUFBYSxVQUFhLEtBQUssT0FBTyxRQUFRLElBQUksS0FBSyxXQUFXLFNBQVMsSUFBSSxJQUFJO0FBQUEsRUFDNUY7QUFBQSxFQUVRLE9BQU8sTUFBd0I7QUFDckMsVUFBTSxRQUFRLEtBQUssUUFBUSxJQUFJLEtBQUssUUFBUSxDQUFDLElBQUk7QUFDakQsVUFBTSxRQUFRLE1BQU0sT0FBTyxDQUFDLFVBQVUsS0FBSyxRQUFRQSxJQUFHLFVBQVUsZ0JBQWdCLENBQUM7QUFDakYsV0FBTyxNQUFNLFNBQVMsS0FBSyxNQUFNLE1BQU0sQ0FBQyxTQUFTLE1BQU0sU0FBUyxJQUFJLE1BQU0sS0FBSyxRQUFRQSxJQUFHLFVBQVUsZUFBZSxDQUFDO0FBQUEsRUFDdEg7QUFBQSxFQUVRLFVBQVUsUUFBNEI7QUFDNUMsVUFBTSxPQUFPLEtBQUssV0FBVyxPQUFPLE1BQU07QUFDMUMsVUFBTSxhQUFhLE9BQU8sY0FBYztBQUFBLE1BQ3RDLENBQUMsZ0JBQ0NBLElBQUcsc0JBQXNCLFdBQVcsS0FDbkNBLElBQUcsc0JBQXNCLFdBQVcsS0FDbkMsWUFBWSxnQkFBZ0IsVUFDNUJBLElBQUcsZ0JBQWdCLFlBQVksV0FBVztBQUFBLElBQ2hEO0FBQ0EsVUFBTSxXQUFXLENBQUMsUUFBZ0M7QUFDaEQsVUFBSUEsSUFBRyxrQkFBa0IsSUFBSSxNQUFNLEVBQUcsUUFBTztBQUM3QyxVQUFJLENBQUMsV0FBWSxRQUFPLEtBQUssV0FBVyxHQUFHLEtBQUssV0FBVyxHQUFHLEtBQU0sYUFBYSxJQUFJLE1BQU0sS0FBSyxJQUFJLE9BQU8sU0FBUztBQUNwSCxZQUFNLE9BQU8sSUFBSTtBQUNqQixhQUFPQSxJQUFHLGlCQUFpQixJQUFJLEtBQUssS0FBSyxlQUFlLFFBQVEsS0FBSyxXQUFXLElBQUksS0FBSyxXQUFXLElBQUk7QUFBQSxJQUMxRztBQUNBLFdBQU8sS0FBSyxTQUFTLEtBQUssS0FBSyxNQUFNLFFBQVE7QUFBQSxFQUMvQztBQUFBO0FBQUEsRUFHUSxZQUFZLE1BQXlCLFVBQWdEO0FBQzNGLFVBQU0sSUFBSSxLQUFLLFVBQVUsUUFBUSxRQUFRO0FBQ3pDLFVBQU0sRUFBRSxZQUFZLElBQUksS0FBSyxRQUFRLHFCQUFxQixJQUFJLEtBQUssQ0FBQztBQUNwRSxRQUFJLElBQUksS0FBSyxnQkFBZ0IsVUFBYSxDQUFDQSxJQUFHLGVBQWUsV0FBVyxLQUFLLENBQUMsUUFBUSxXQUFXLEVBQUcsUUFBTztBQUMzRyxVQUFNLE9BQU8sWUFBWSxXQUFXLENBQUMsR0FBRztBQUN4QyxXQUFPLFFBQVFBLElBQUcsYUFBYSxJQUFJLElBQUksS0FBSyxRQUFRLG9CQUFvQixJQUFJLElBQUk7QUFBQSxFQUNsRjtBQUNGO0FBR0EsU0FBUyxRQUFRLE9BQXlDO0FBQ3hELE1BQUlBLElBQUcsb0JBQW9CLEtBQUssR0FBRztBQUNqQyxXQUFPLE1BQU0sU0FBUyxXQUFjQSxJQUFHLHlCQUF5QixLQUFLLElBQUlBLElBQUcsY0FBYyxhQUFhO0FBQUEsRUFDekc7QUFDQSxTQUFPQSxJQUFHLGdCQUFnQixLQUFLLEtBQU1BLElBQUcsc0JBQXNCLEtBQUssS0FBSyxNQUFNLFNBQVM7QUFDekY7QUFFQSxTQUFTLFdBQVcsTUFBd0I7QUFDMUMsU0FBT0EsSUFBRyxvQkFBb0IsSUFBSSxNQUFNLEtBQUssV0FBVyxLQUFLLENBQUMsRUFBRSxLQUFLLE1BQU0sU0FBU0EsSUFBRyxXQUFXLGFBQWEsS0FBSztBQUN0SDtBQUVBLFNBQVMsYUFBYSxNQUFnRTtBQUNwRixTQUFPQSxJQUFHLG1CQUFtQixJQUFJLEtBQUssS0FBSyxjQUFjLFNBQVNBLElBQUcsV0FBVztBQUNsRjtBQUVBLFNBQVMsV0FBVyxFQUFFLE9BQU8sR0FBcUI7QUFDaEQsU0FBT0EsSUFBRyxtQkFBbUIsTUFBTSxLQUFLLE9BQU8sY0FBYyxTQUFTQSxJQUFHLFdBQVc7QUFDdEY7QUFHQSxTQUFTLFdBQVcsRUFBRSxPQUFPLEdBQXFCO0FBQ2hELE1BQUksQ0FBQ0EsSUFBRyxtQkFBbUIsTUFBTSxFQUFHLFFBQU87QUFDM0MsUUFBTSxFQUFFLEtBQUssSUFBSSxPQUFPO0FBQ3hCLFFBQU0sZUFBZSxTQUFTQSxJQUFHLFdBQVcsMkJBQTJCLFNBQVNBLElBQUcsV0FBVztBQUM5RixTQUFPLGdCQUFnQkEsSUFBRyxhQUFhLE9BQU8sS0FBSyxLQUFLLE9BQU8sTUFBTSxTQUFTO0FBQ2hGOzs7QUVsT2tOLE9BQU9HLFNBQVE7QUFjMU4sU0FBUyxXQUNkLEVBQUUsU0FBUyxNQUFNLEdBQ2pCQyxXQUNBQyxXQUNxQjtBQUNyQixRQUFNLGFBQWEsSUFBSSxJQUFJRCxTQUFRO0FBQ25DLFFBQU0sVUFBVSxvQkFBSSxJQUFZO0FBQ2hDLFFBQU0sT0FBTyxvQkFBSSxJQUFhO0FBRTlCLFFBQU0sU0FBUyxvQkFBSSxJQUF5QjtBQUM1QyxRQUFNLE9BQU8sQ0FBQyxTQUF3QjtBQUNwQyxRQUFJLEtBQUssSUFBSSxJQUFJLEVBQUc7QUFDcEIsU0FBSyxJQUFJLElBQUk7QUFDYixRQUFJLEtBQUssUUFBUSxHQUFHO0FBQ2xCLFdBQUssTUFBTSxRQUFRLElBQUk7QUFDdkI7QUFBQSxJQUNGO0FBQ0EsUUFBSSxFQUFFLEtBQUssU0FBU0UsSUFBRyxVQUFVLFNBQVNBLElBQUcsVUFBVSxlQUFnQjtBQUN2RSxVQUFNLFdBQVcsb0JBQUksSUFBWTtBQUNqQyxlQUFXLFlBQVksUUFBUSxvQkFBb0IsSUFBSSxHQUFHO0FBQ3hELFlBQU0sRUFBRSxLQUFLLElBQUk7QUFDakIsWUFBTSxNQUFNRCxVQUFTLEdBQUcsUUFBUTtBQUNoQyxVQUFJLFFBQVEsT0FBVyxVQUFTLElBQUksR0FBRztBQUFBLGVBQzlCLFdBQVcsSUFBSSxJQUFJLEdBQUc7QUFDN0IsWUFBSSxTQUFTLFFBQVFDLElBQUcsWUFBWSxTQUFVLFlBQVcsT0FBTyxJQUFJO0FBQ3BFLFlBQUksU0FBUyxRQUFRQSxJQUFHLFlBQVksT0FBUSxTQUFRLElBQUksSUFBSTtBQUM1RCxpQkFBUyxJQUFJLElBQUk7QUFBQSxNQUNuQjtBQUFBLElBQ0Y7QUFDQSxlQUFXLFFBQVEsVUFBVTtBQUMzQixZQUFNLFNBQVMsT0FBTyxJQUFJLElBQUksS0FBSyxvQkFBSSxJQUFJO0FBQzNDLGlCQUFXLFNBQVMsU0FBVSxLQUFJLFVBQVUsS0FBTSxRQUFPLElBQUksS0FBSztBQUNsRSxhQUFPLElBQUksTUFBTSxNQUFNO0FBQUEsSUFDekI7QUFBQSxFQUNGO0FBQ0EsUUFBTSxRQUFRLENBQUMsU0FBd0I7QUFDckMsUUFBSUEsSUFBRyxZQUFZLElBQUksR0FBRztBQUN4QixZQUFNLFNBQVMsUUFBUSxvQkFBb0IsS0FBSyxRQUFRLElBQUk7QUFDNUQsVUFBSSxXQUFXLFFBQVc7QUFDeEIsYUFBSyxRQUFRLHdCQUF3QixNQUFNLENBQUM7QUFDNUMsYUFBSyxRQUFRLGdCQUFnQixNQUFNLENBQUM7QUFBQSxNQUN0QztBQUFBLElBQ0Y7QUFDQSxRQUFJQSxJQUFHLHVCQUF1QixJQUFJLEtBQUtBLElBQUcsdUJBQXVCLElBQUksRUFBRyxNQUFLLFFBQVEsa0JBQWtCLEtBQUssSUFBSSxDQUFDO0FBQ2pILFFBQUlBLElBQUcsV0FBVyxJQUFJLEVBQUcsTUFBSyxRQUFRLG9CQUFvQixJQUFJLENBQUM7QUFDL0QsUUFBSUEsSUFBRywwQkFBMEIsSUFBSSxLQUFLQSxJQUFHLGlCQUFpQixJQUFJLEtBQUtBLElBQUcsZ0JBQWdCLElBQUksR0FBRztBQUMvRixXQUFLLFFBQVEsa0JBQWtCLElBQUksQ0FBQztBQUNwQyxZQUFNLFdBQVcsUUFBUSxrQkFBa0IsSUFBSTtBQUMvQyxVQUFJLGFBQWEsT0FBVyxNQUFLLFFBQVE7QUFBQSxJQUMzQztBQUNBLElBQUFBLElBQUcsYUFBYSxNQUFNLEtBQUs7QUFBQSxFQUM3QjtBQUNBLFFBQU0sUUFBUSxLQUFLO0FBRW5CLFFBQU0sU0FBUyxvQkFBSSxJQUFvQjtBQUV2QyxRQUFNLFNBQVMsQ0FBQyxHQUFHLFVBQVUsRUFBRSxLQUFLLENBQUMsR0FBRyxPQUFPLE9BQU8sSUFBSSxDQUFDLEdBQUcsUUFBUSxNQUFNLE9BQU8sSUFBSSxDQUFDLEdBQUcsUUFBUSxPQUFPLElBQUksSUFBSSxLQUFLLEVBQUU7QUFDekgsYUFBVyxRQUFRLFFBQVE7QUFDekIsVUFBTSxRQUFRLElBQUksSUFBSSxDQUFDLEdBQUksT0FBTyxJQUFJLElBQUksS0FBSyxDQUFDLENBQUUsRUFBRSxJQUFJLENBQUMsVUFBVSxPQUFPLElBQUksS0FBSyxLQUFLLEtBQUssQ0FBQztBQUM5RixVQUFNLE9BQU8sUUFBUSxJQUFJLElBQUksSUFBSSxNQUFNO0FBQ3ZDLFFBQUksU0FBUztBQUNiLFdBQU8sTUFBTSxJQUFJLEdBQUcsSUFBSSxHQUFHLE1BQU0sR0FBRyxFQUFHO0FBQ3ZDLFdBQU8sSUFBSSxNQUFNLEdBQUcsSUFBSSxHQUFHLE1BQU0sR0FBRztBQUFBLEVBQ3RDO0FBQ0EsU0FBTztBQUNUOzs7QVYvRWdILElBQU0sK0JBQStCO0FBZXJKLElBQU0sWUFBWSxFQUFFLGlCQUFpQix3QkFBd0Isb0JBQW9CLDBCQUEwQjtBQUMzRyxJQUFNLFNBQVM7QUFHZixJQUFNLFdBQVcsQ0FBQyxVQUEyQjtBQUFBLEVBQzNDLE1BQU07QUFBQSxFQUNOLE1BQU0sRUFBRSxVQUFVLEdBQWdCO0FBQ2hDLGNBQVUsRUFBRSxRQUFRLGNBQWMsR0FBRyxDQUFDLEVBQUUsU0FBUyxNQUFPLDhCQUE4QixLQUFLLFFBQVEsSUFBSSxTQUFZLElBQUs7QUFBQSxFQUMxSDtBQUNGO0FBQ0EsSUFBTSxzQkFBc0IsU0FBUyxFQUFFLE1BQU0sYUFBYSxVQUFVLEtBQUssQ0FBQztBQUMxRSxJQUFNLG9CQUFvQjtBQUFBLEVBQ3hCLE1BQU07QUFBQSxFQUNOLE1BQU0sRUFBRSxVQUFVLEdBQWdCO0FBQ2hDLGNBQVUsRUFBRSxRQUFRLE9BQU8sR0FBRyxDQUFDLEVBQUUsTUFBTSxTQUFTLE9BQU87QUFBQSxNQUNyRCxNQUFNLGNBQWMsS0FBSyxRQUFRLElBQUksT0FBTztBQUFBLE1BQzVDLFVBQVU7QUFBQSxJQUNaLEVBQUU7QUFBQSxFQUNKO0FBQ0Y7QUFHQSxJQUFNLFNBQVM7QUFBQSxFQUNiLE1BQU07QUFBQSxFQUNOLE1BQU0sRUFBRSxVQUFVLEdBQWdCO0FBQ2hDLGNBQVUsRUFBRSxRQUFRLHdCQUF3QixHQUFHLE9BQU8sRUFBRSxNQUFNLGdCQUFnQixVQUFVLEtBQUssRUFBRTtBQUFBLEVBQ2pHO0FBQ0Y7QUFFQSxJQUFNLFFBQVE7QUFBQSxFQUNaLE9BQU87QUFBQSxFQUNQLE1BQU07QUFBQSxFQUNOLFFBQVE7QUFBQSxFQUNSLFlBQVk7QUFBQSxFQUNaLFFBQVE7QUFBQSxFQUNSLFVBQVU7QUFBQSxFQUNWLE1BQU07QUFBQSxFQUNOLE1BQU07QUFBQSxFQUNOLFNBQVM7QUFDWDtBQUdBLElBQU0sY0FBYztBQUFBLEVBQ2xCLHFCQUFxQjtBQUFBLEVBQ3JCLG9CQUFvQjtBQUFBLEVBQ3BCLHNCQUFzQjtBQUFBLEVBQ3RCLHdCQUF3QjtBQUFBLEVBQ3hCLG9CQUFvQjtBQUN0QjtBQUdBLElBQU0sVUFBVSxDQUFDLGtCQUFrQixlQUFlLGNBQWMsUUFBUSxRQUFRO0FBQ2hGLElBQU0sT0FBTyxDQUFDLFNBQWlCLGNBQWMsSUFBSSxJQUFJLE1BQU0sNEJBQWUsQ0FBQztBQUNwRSxJQUFNLFVBQVUsWUFBWSxLQUFLLGVBQWUsQ0FBQztBQUN4RCxXQUFXLE9BQU87QUFDbEIsYUFBYSxPQUFPO0FBRWIsSUFBTSxXQUFXO0FBQUEsRUFDdEI7QUFBQSxFQUNBLE9BQU8sT0FBTyxLQUFLLEVBQUUsSUFBSSxJQUFJO0FBQUEsRUFDN0IsUUFBUSxJQUFJLENBQUMsU0FBUyxLQUFLLGdCQUFnQixJQUFJLEVBQUUsQ0FBQztBQUNwRDtBQUNBLElBQU0sY0FBYyxJQUFJLE9BQU8sS0FBSyxTQUFTLEtBQUssR0FBRyxDQUFDLE1BQU0sYUFBYSxNQUFNLEVBQUU7QUFDakYsSUFBTSxRQUFRLENBQUMsWUFBMEI7QUFDdkMsVUFBUSxjQUFjO0FBQ3RCLFVBQVEsY0FBYyxFQUFFLEdBQUcsUUFBUTtBQUVuQyxVQUFRLFNBQVM7QUFBQSxJQUNmLEdBQUcsUUFBUTtBQUFBLElBQ1gsNEJBQTRCO0FBQUEsSUFDNUIsMkJBQTJCLE9BQU8sT0FBTyxnQkFBZ0I7QUFBQSxFQUMzRDtBQUNGO0FBRUEsSUFBTSxlQUFlLElBQUksYUFBYSxPQUFPO0FBQzdDLElBQU0sV0FBVyxlQUFlLFNBQVMsY0FBYyxXQUFXLFNBQVMsVUFBVSxZQUFZLENBQUM7QUFDM0YsSUFBTSxVQUFVLFVBQVUsQ0FBQyxFQUFFLFNBQVMsTUFBTSxTQUFTLElBQUksUUFBUSxDQUFDO0FBRXpFLElBQU0sU0FBUyxjQUFjLFNBQVM7QUFBQSxFQUNwQyxLQUFLLE1BQU0sS0FBSztBQUFBLEVBQ2hCLEtBQUssTUFBTSxVQUFVO0FBQUEsRUFDckIsS0FBSyxNQUFNLE1BQU07QUFBQSxFQUNqQixLQUFLLE1BQU0sUUFBUTtBQUFBLEVBQ25CLEtBQUssTUFBTSxJQUFJO0FBQ2pCLENBQUM7QUFDRCxJQUFNLFlBQVksY0FBYyxPQUFPO0FBQ3ZDLElBQU0sUUFBUSxVQUFVLENBQUMsRUFBRSxTQUFTLE1BQU0sQ0FBQyxVQUFVLFFBQVEsU0FBUyxFQUFFLFFBQVEsQ0FBQyxVQUFVLE1BQU0sSUFBSSxRQUFRLEtBQUssQ0FBQyxDQUFDLENBQUM7QUFDckgsSUFBTSxZQUFZO0FBQUEsRUFDaEIsTUFBTTtBQUFBLEVBQ04sTUFBTSxFQUFFLE9BQU8sR0FBZ0I7QUFDN0IsV0FBTyxFQUFFLFFBQVEsdUJBQXVCLEdBQUcsQ0FBQyxFQUFFLEtBQUssTUFBZ0M7QUFDakYsWUFBTSxXQUFXLE1BQU0sSUFBSSxLQUFLLFdBQVcsTUFBTSxHQUFHLENBQUM7QUFDckQsYUFBTyxhQUFhLFNBQVksU0FBWSxFQUFFLFVBQVUsUUFBUSxLQUFLO0FBQUEsSUFDdkUsQ0FBQztBQUFBLEVBQ0g7QUFDRjtBQUdBLElBQU0sV0FBVztBQUFBLEVBQ2YsUUFBUTtBQUFBLEVBQ1IsTUFBTTtBQUFBLEVBQ04sY0FBYztBQUFBLEVBQ2QsZUFBZTtBQUFBLEVBQ2YsY0FBYztBQUFBLEVBQ2QsZ0JBQWdCO0FBQ2xCO0FBRUEsSUFBTSxTQUFTLE1BQU0sT0FBTyxRQUFRLEVBQUUsTUFBTSxNQUFNO0FBQ2hELFVBQVEsS0FBSyxrRkFBa0Y7QUFDL0YsU0FBTztBQUNULENBQUM7QUFNRCxJQUFNLFVBQVU7QUFBQSxFQUNkLE1BQU07QUFBQSxFQUNOLE1BQU0sWUFBWSxNQUFjLEVBQUUsS0FBSyxHQUFxQjtBQUMxRCxRQUFJLENBQUMsS0FBSyxTQUFTLEtBQUssS0FBSyxXQUFXLE9BQVcsUUFBTztBQUMxRCxVQUFNLFVBQVUsRUFBRSxRQUFRLE1BQU0sUUFBUSxPQUFPLFVBQVUsVUFBVSxRQUFRLEVBQUUsVUFBVSxNQUFNLHNCQUFzQixLQUFLLEVBQUU7QUFDMUgsVUFBTSxTQUFTLE1BQU0sT0FBTyxPQUFPLE1BQU0sT0FBTztBQUNoRCxXQUFPLEVBQUUsTUFBTSxrQkFBa0IsT0FBTyxJQUFLLEVBQUU7QUFBQSxFQUNqRDtBQUNGO0FBRUEsU0FBUyxVQUFVQyxVQUFpRjtBQUNsRyxRQUFNLFFBQVEsb0JBQUksSUFBb0I7QUFDdEMsYUFBVyxRQUFRLFFBQVEsT0FBTztBQUNoQyxVQUFNLFFBQVFBLFNBQVEsSUFBSTtBQUMxQixRQUFJLE9BQU8sT0FBUSxPQUFNLElBQUksS0FBSyxVQUFVLE9BQU8sS0FBSyxNQUFNLEtBQUssQ0FBQztBQUFBLEVBQ3RFO0FBQ0EsU0FBTztBQUNUO0FBRUEsSUFBTyxzQkFBUSxhQUFhO0FBQUEsRUFDMUI7QUFBQSxJQUNFLE9BQU8sRUFBRSxHQUFHLE9BQU8sR0FBRyxhQUFhLEdBQUcsV0FBVyxRQUFRLDBCQUEwQixLQUFLLGtCQUFrQjtBQUFBLElBQzFHLFFBQVE7QUFBQSxJQUNSLFFBQVE7QUFBQSxJQUNSLFVBQVU7QUFBQTtBQUFBLElBRVYsV0FBVztBQUFBLElBQ1gsS0FBSyxFQUFFLE1BQU07QUFBQSxJQUNiLFFBQVE7QUFBQSxJQUNSLFVBQVUsQ0FBQyxRQUFRO0FBQUEsSUFDbkIsWUFBWSxDQUFDLE1BQU07QUFBQSxJQUNuQixnQkFBZ0IsQ0FBQyxxQkFBcUIsbUJBQW1CLFFBQVEsU0FBUztBQUFBLElBQzFFLGdCQUFnQjtBQUFBLElBQ2hCLFNBQVMsQ0FBQyxPQUFPO0FBQUEsRUFDbkI7QUFBQSxFQUNBO0FBQUEsSUFDRSxPQUFPLEVBQUUsZUFBZSx5QkFBeUI7QUFBQSxJQUNqRCxRQUFRO0FBQUEsSUFDUixRQUFRO0FBQUEsSUFDUixVQUFVO0FBQUEsSUFDVixRQUFRO0FBQUEsSUFDUixZQUFZLENBQUMsSUFBSTtBQUFBLElBQ2pCLGVBQWUsU0FBUztBQUV0QixjQUFRLGFBQWEsQ0FBQyxTQUFTO0FBQUEsSUFDakM7QUFBQSxFQUNGO0FBQUEsRUFDQTtBQUFBO0FBQUEsSUFFRSxPQUFPLEVBQUUsU0FBUyw4QkFBOEI7QUFBQSxJQUNoRCxRQUFRO0FBQUEsSUFDUixRQUFRO0FBQUEsSUFDUixVQUFVO0FBQUEsSUFDVixXQUFXO0FBQUEsSUFDWCxRQUFRO0FBQUEsSUFDUixnQkFBZ0IsQ0FBQyxTQUFTLEVBQUUsTUFBTSxLQUFLLHNCQUFzQixFQUFFLENBQUMsQ0FBQztBQUFBLEVBQ25FO0FBQUEsRUFDQTtBQUFBLElBQ0UsT0FBTyxFQUFFLEdBQUcsT0FBTyxHQUFHLGFBQWEsR0FBRyxVQUFVO0FBQUEsSUFDaEQsUUFBUTtBQUFBLElBQ1IsUUFBUTtBQUFBLElBQ1IsVUFBVTtBQUFBLElBQ1YsV0FBVztBQUFBLElBQ1gsUUFBUTtBQUFBLElBQ1IsY0FBYyxPQUFPLEVBQUUsSUFBSSxPQUFPO0FBQUEsSUFDbEMsVUFBVSxDQUFDLFFBQVE7QUFBQTtBQUFBLElBRW5CLFlBQVksQ0FBQyxhQUFhLFVBQVUsWUFBWTtBQUFBLElBQ2hELGdCQUFnQixDQUFDLHFCQUFxQixTQUFTO0FBQUEsSUFDL0MsZUFBZSxTQUFTO0FBQ3RCLFlBQU0sT0FBTztBQUViLGNBQVEsYUFBYSxDQUFDLFNBQVM7QUFBQSxJQUNqQztBQUFBLEVBQ0Y7QUFBQSxFQUNBO0FBQUEsSUFDRSxPQUFPLEVBQUUsYUFBYSw0QkFBNEIsaUJBQWlCLHlCQUF5QjtBQUFBLElBQzVGLFFBQVE7QUFBQSxJQUNSLFlBQVk7QUFBQSxJQUNaLFFBQVE7QUFBQSxJQUNSLFVBQVU7QUFBQSxJQUNWLFFBQVE7QUFBQSxJQUNSLFFBQVE7QUFBQSxJQUNSLGNBQWMsT0FBTyxFQUFFLElBQUksYUFBYTtBQUFBLElBQ3hDLFlBQVksQ0FBQyxJQUFJO0FBQUEsSUFDakIsZ0JBQWdCLENBQUMsU0FBUyxFQUFFLE1BQU0sS0FBSyx5QkFBeUIsRUFBRSxDQUFDLEdBQUcsU0FBUztBQUFBLElBQy9FLGVBQWUsU0FBUztBQUN0QixZQUFNLE9BQU87QUFDYixjQUFRLGFBQWEsQ0FBQyxXQUFXLFVBQVUsTUFBTTtBQUFBLElBQ25EO0FBQUEsRUFDRjtBQUFBLEVBQ0E7QUFBQTtBQUFBLElBRUUsT0FBTyxFQUFFLGNBQWMsMENBQTBDO0FBQUEsSUFDakUsUUFBUTtBQUFBLElBQ1IsUUFBUTtBQUFBLElBQ1IsVUFBVTtBQUFBLElBQ1YsUUFBUTtBQUFBLElBQ1IsUUFBUTtBQUFBLElBQ1IsY0FBYyxPQUFPLEVBQUUsSUFBSSxNQUFNO0FBQUEsRUFDbkM7QUFDRixDQUFDOyIsCiAgIm5hbWVzIjogWyJ0cyIsICJ0cyIsICJ0cyIsICJzb3VyY2VzIiwgIm5hbWVzSW4iLCAidHMiLCAibGl0ZXJhbCIsICJkZWNsYXJlZCIsICJlbnRyeSIsICJ0cyIsICJ0cyIsICJ0cyIsICJzb3VyY2VzIiwgInJlbmFtZWQiLCAidHMiLCAiaXNQcml2YXRlIiwgInRzIiwgInJvb3QiLCAidHMiLCAiZGlybmFtZSIsICJ0cyIsICJ0cyIsICJ0cyIsICJzb3VyY2VzIiwgImVudHJ5IiwgInRzIiwgImxpdGVyYWwiLCAiZGlybmFtZSIsICJ0cyIsICJpbnRlcm5hbCIsICJwcml2YXRlcyIsICJ0cyIsICJlZGl0c09mIl0KfQo=
