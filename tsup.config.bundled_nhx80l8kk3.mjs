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
var __injected_import_meta_url__ = "file:///work/wt/cluster/tsup.config.ts";
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
  onion: "src/onion/index.ts",
  node: "src/node/index.ts",
  testing: "src/testing/index.ts"
};
var development = {
  "index.development": "src/index.development.ts",
  "core.development": "src/core.development.ts",
  "musig2.development": "src/musig2.development.ts",
  "coinjoin.development": "src/coinjoin.development.ts",
  "mail.development": "src/mail.development.ts",
  "onion.development": "src/onion.development.ts"
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
  root(entry.mail),
  root(entry.onion)
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
//# sourceMappingURL=data:application/json;base64,ewogICJ2ZXJzaW9uIjogMywKICAic291cmNlcyI6IFsidHN1cC5jb25maWcudHMiLCAiYnVpbGQvY29uc3RhbnRzLnRzIiwgImJ1aWxkL2RlY2xhcmF0aW9uLW9yZGVyLnRzIiwgImJ1aWxkL2VkaXRzLnRzIiwgImJ1aWxkL2ludGVybmFsLW5hbWVzLnRzIiwgImJ1aWxkL2xldHRlcnMudHMiLCAiYnVpbGQvcHJpdmF0ZS1uYW1lcy50cyIsICJidWlsZC9wcm9ncmFtLnRzIiwgImJ1aWxkL3NlbnRlbmNlcy50cyIsICJidWlsZC9yZWZlcmVuY2VzLnRzIiwgImJ1aWxkL3NoYXJlZC1uYW1lcy50cyJdLAogICJzb3VyY2VzQ29udGVudCI6IFsiY29uc3QgX19pbmplY3RlZF9maWxlbmFtZV9fID0gXCIvd29yay93dC9jbHVzdGVyL3RzdXAuY29uZmlnLnRzXCI7Y29uc3QgX19pbmplY3RlZF9kaXJuYW1lX18gPSBcIi93b3JrL3d0L2NsdXN0ZXJcIjtjb25zdCBfX2luamVjdGVkX2ltcG9ydF9tZXRhX3VybF9fID0gXCJmaWxlOi8vL3dvcmsvd3QvY2x1c3Rlci90c3VwLmNvbmZpZy50c1wiO2ltcG9ydCB7IGZpbGVVUkxUb1BhdGggfSBmcm9tICdub2RlOnVybCdcbmltcG9ydCB0eXBlIHsgQnVpbGRPcHRpb25zLCBPbkxvYWRSZXN1bHQsIE9uUmVzb2x2ZVJlc3VsdCwgUGx1Z2luQnVpbGQgfSBmcm9tICdlc2J1aWxkJ1xuaW1wb3J0IHsgZGVmaW5lQ29uZmlnIH0gZnJvbSAndHN1cCdcbmltcG9ydCB0eXBlIHsgU291cmNlRmlsZSB9IGZyb20gJ3R5cGVzY3JpcHQnXG5pbXBvcnQgeyBmb2xkQ29uc3RhbnRzIH0gZnJvbSAnLi9idWlsZC9jb25zdGFudHMuanMnXG5pbXBvcnQgeyBvcmRlckRlY2xhcmF0aW9ucyB9IGZyb20gJy4vYnVpbGQvZGVjbGFyYXRpb24tb3JkZXIuanMnXG5pbXBvcnQgeyB0eXBlIEVkaXQsIGVkaXRlZCB9IGZyb20gJy4vYnVpbGQvZWRpdHMuanMnXG5pbXBvcnQgeyBpbnRlcm5hbE5hbWVzIH0gZnJvbSAnLi9idWlsZC9pbnRlcm5hbC1uYW1lcy5qcydcbmltcG9ydCB7IGNoZWNrTGV0dGVycywgTEVUVEVSUyB9IGZyb20gJy4vYnVpbGQvbGV0dGVycy5qcydcbmltcG9ydCB7IFBSSVZBVEVfTkFNRSwgUHJpdmF0ZU5hbWVzLCByZW5hbWVQcml2YXRlcyB9IGZyb20gJy4vYnVpbGQvcHJpdmF0ZS1uYW1lcy5qcydcbmltcG9ydCB7IGNoZWNrUmVhZHMsIHJlYWRTb3VyY2VzIH0gZnJvbSAnLi9idWlsZC9wcm9ncmFtLmpzJ1xuaW1wb3J0IHsgbGlmdFNlbnRlbmNlcyB9IGZyb20gJy4vYnVpbGQvc2VudGVuY2VzLmpzJ1xuaW1wb3J0IHsgc2hhcmVOYW1lcyB9IGZyb20gJy4vYnVpbGQvc2hhcmVkLW5hbWVzLmpzJ1xuXG4vKiogV2hhdCBwYWNrYWdlLmpzb24gY2hvb3NlcyBieSBjb25kaXRpb246IG5vIGJ1bmRsZXIgZm9yIGJyb3dzZXJzIHNlZXMgTm9kZSdzIGhhbGYsIGFuZCBOb2RlIGxvYWRzIGZldyBmaWxlcy4gKi9cbmNvbnN0IHBsYXRmb3JtcyA9IHsgJ3BsYXRmb3JtLW5vZGUnOiAnc3JjL3BsYXRmb3JtL25vZGUudHMnLCAncGxhdGZvcm0tYnJvd3Nlcic6ICdzcmMvcGxhdGZvcm0vYnJvd3Nlci50cycgfVxuY29uc3QgVkVORE9SID0gL14oaWRiLWtleXZhbHxtaXR0fG5hbm9pZCkkL1xuXG4vKiogU291cmNlcyBpbXBvcnQgTm9kZSdzIGhhbGYsIGEgZmlsZSBgKi5ub2RlLnRzYCBlYWNoOyB3aGF0IGlzIGJ1aWx0IGltcG9ydHMgdGhlIGhhbGYgdGhhdCBpcyBhc2tlZCBmb3IgaGVyZS4gKi9cbmNvbnN0IHBsYXRmb3JtID0gKGhhbGY6IE9uUmVzb2x2ZVJlc3VsdCkgPT4gKHtcbiAgbmFtZTogJ3BsYXRmb3JtJyxcbiAgc2V0dXAoeyBvblJlc29sdmUgfTogUGx1Z2luQnVpbGQpIHtcbiAgICBvblJlc29sdmUoeyBmaWx0ZXI6IC9cXC5ub2RlXFwuanMkLyB9LCAoeyBpbXBvcnRlciB9KSA9PiAoL1tcXFxcL11wbGF0Zm9ybVtcXFxcL11ub2RlXFwudHMkLy50ZXN0KGltcG9ydGVyKSA/IHVuZGVmaW5lZCA6IGhhbGYpKVxuICB9LFxufSlcbmNvbnN0IHBsYXRmb3JtQnlDb25kaXRpb24gPSBwbGF0Zm9ybSh7IHBhdGg6ICcjcGxhdGZvcm0nLCBleHRlcm5hbDogdHJ1ZSB9KVxuY29uc3QgdmVuZG9yQnlDb25kaXRpb24gPSB7XG4gIG5hbWU6ICd2ZW5kb3InLFxuICBzZXR1cCh7IG9uUmVzb2x2ZSB9OiBQbHVnaW5CdWlsZCkge1xuICAgIG9uUmVzb2x2ZSh7IGZpbHRlcjogVkVORE9SIH0sICh7IHBhdGgsIGltcG9ydGVyIH0pID0+ICh7XG4gICAgICBwYXRoOiAvdmVuZG9yXFwudHMkLy50ZXN0KGltcG9ydGVyKSA/IHBhdGggOiAnI3ZlbmRvcicsXG4gICAgICBleHRlcm5hbDogdHJ1ZSxcbiAgICB9KSlcbiAgfSxcbn1cblxuLyoqIFRoZSBjb21tYW5kIGxvYWRzIHRoZSB0ZXN0ZXIgd2hlcmUgaXQgaXMgYXNrZWQgZm9yLiAqL1xuY29uc3QgdGVzdGVyID0ge1xuICBuYW1lOiAndGVzdGVyJyxcbiAgc2V0dXAoeyBvblJlc29sdmUgfTogUGx1Z2luQnVpbGQpIHtcbiAgICBvblJlc29sdmUoeyBmaWx0ZXI6IC9jb25mb3JtXFwvY29tbWFuZFxcLmpzJC8gfSwgKCkgPT4gKHsgcGF0aDogJy4vY29uZm9ybS5qcycsIGV4dGVybmFsOiB0cnVlIH0pKVxuICB9LFxufVxuXG5jb25zdCBlbnRyeSA9IHtcbiAgaW5kZXg6ICdzcmMvaW5kZXgudHMnLFxuICBjb3JlOiAnc3JjL2NvcmUudHMnLFxuICBlcnJvcnM6ICdzcmMvZXJyb3JzLnRzJyxcbiAgc3RhdGVtZW50czogJ3NyYy9zdGF0ZW1lbnRzL2luZGV4LnRzJyxcbiAgbXVzaWcyOiAnc3JjL211c2lnMi9pbmRleC50cycsXG4gIGNvaW5qb2luOiAnc3JjL2NvaW5qb2luL2luZGV4LnRzJyxcbiAgbWFpbDogJ3NyYy9tYWlsL2luZGV4LnRzJyxcbiAgb25pb246ICdzcmMvb25pb24vaW5kZXgudHMnLFxuICBub2RlOiAnc3JjL25vZGUvaW5kZXgudHMnLFxuICB0ZXN0aW5nOiAnc3JjL3Rlc3RpbmcvaW5kZXgudHMnLFxufVxuXG4vKiogV2hhdCBjb25kaXRpb25zIGNob29zZSBpbiBwbGFjZSBvZiBhbiBlbnRyeSwgd2l0aCB0aGUgc2FtZSB0eXBlcy4gKi9cbmNvbnN0IGRldmVsb3BtZW50ID0ge1xuICAnaW5kZXguZGV2ZWxvcG1lbnQnOiAnc3JjL2luZGV4LmRldmVsb3BtZW50LnRzJyxcbiAgJ2NvcmUuZGV2ZWxvcG1lbnQnOiAnc3JjL2NvcmUuZGV2ZWxvcG1lbnQudHMnLFxuICAnbXVzaWcyLmRldmVsb3BtZW50JzogJ3NyYy9tdXNpZzIuZGV2ZWxvcG1lbnQudHMnLFxuICAnY29pbmpvaW4uZGV2ZWxvcG1lbnQnOiAnc3JjL2NvaW5qb2luLmRldmVsb3BtZW50LnRzJyxcbiAgJ21haWwuZGV2ZWxvcG1lbnQnOiAnc3JjL21haWwuZGV2ZWxvcG1lbnQudHMnLFxuICAnb25pb24uZGV2ZWxvcG1lbnQnOiAnc3JjL29uaW9uLmRldmVsb3BtZW50LnRzJyxcbn1cblxuLyoqIFBhY2thZ2VzIHRoYXQgc29tZSBidW5kbGUgdGFrZXMgaW4uICovXG5jb25zdCBCVU5ETEVEID0gWydAbm9ibGUvZWQyNTUxOScsICdAc2N1cmUvYmFzZScsICdpZGIta2V5dmFsJywgJ21pdHQnLCAnbmFub2lkJ11cbmNvbnN0IHJvb3QgPSAocGF0aDogc3RyaW5nKSA9PiBmaWxlVVJMVG9QYXRoKG5ldyBVUkwocGF0aCwgaW1wb3J0Lm1ldGEudXJsKSlcbmV4cG9ydCBjb25zdCBzb3VyY2VzID0gcmVhZFNvdXJjZXMocm9vdCgndHNjb25maWcuanNvbicpKVxuY2hlY2tSZWFkcyhzb3VyY2VzKVxuY2hlY2tMZXR0ZXJzKHNvdXJjZXMpXG4vKiogUHJvcGVydGllcyB0aGF0IG5vYm9keSBvdXRzaWRlIGNhbiBzZWUgYXJlIHNob3J0IGluIHdoYXQgaXMgYnVpbHQ6IHRoZXkgYXJlIGEgZmlmdGlldGggb2YgaXRzIGJ5dGVzLiAqL1xuZXhwb3J0IGNvbnN0IGludGVybmFsID0gaW50ZXJuYWxOYW1lcyhcbiAgc291cmNlcyxcbiAgT2JqZWN0LnZhbHVlcyhlbnRyeSkubWFwKHJvb3QpLFxuICBCVU5ETEVELm1hcCgobmFtZSkgPT4gcm9vdChgbm9kZV9tb2R1bGVzLyR7bmFtZX1gKSksXG4pXG5jb25zdCBtYW5nbGVQcm9wcyA9IG5ldyBSZWdFeHAoYF4oJHtpbnRlcm5hbC5qb2luKCd8Jyl9KSR8JHtQUklWQVRFX05BTUUuc291cmNlfWApXG5jb25zdCBzaG9ydCA9IChvcHRpb25zOiBCdWlsZE9wdGlvbnMpID0+IHtcbiAgb3B0aW9ucy5tYW5nbGVQcm9wcyA9IG1hbmdsZVByb3BzXG4gIG9wdGlvbnMubWFuZ2xlQ2FjaGUgPSB7IC4uLkxFVFRFUlMgfVxuICAvLyBBIG1pbmlmaWVyIHdyaXRlcyBgSW5maW5pdHlgIGFzIGAxLzBgLlxuICBvcHRpb25zLmRlZmluZSA9IHtcbiAgICAuLi5vcHRpb25zLmRlZmluZSxcbiAgICAnTnVtYmVyLlBPU0lUSVZFX0lORklOSVRZJzogJ0luZmluaXR5JyxcbiAgICAnTnVtYmVyLk1BWF9TQUZFX0lOVEVHRVInOiBTdHJpbmcoTnVtYmVyLk1BWF9TQUZFX0lOVEVHRVIpLFxuICB9XG59XG4vKiogVGhlIHRleHRzIHdpdGggb3RoZXIgbmFtZXMgZm9yIHByaXZhdGUgbWVtYmVycywgd2hpY2ggYXJlIHNob3J0IHRvby4gKi9cbmNvbnN0IHByaXZhdGVOYW1lcyA9IG5ldyBQcml2YXRlTmFtZXMoc291cmNlcylcbmNvbnN0IHByaXZhdGVzID0gcmVuYW1lUHJpdmF0ZXMoc291cmNlcywgcHJpdmF0ZU5hbWVzLCBzaGFyZU5hbWVzKHNvdXJjZXMsIGludGVybmFsLCBwcml2YXRlTmFtZXMpKVxuZXhwb3J0IGNvbnN0IHJlbmFtZWQgPSB0ZXh0c1dpdGgoKHsgZmlsZU5hbWUgfSkgPT4gcHJpdmF0ZXMuZ2V0KGZpbGVOYW1lKSlcbi8qKiBUaGUgdGV4dHMgdGhhdCBhcmUgYnVpbHQ6IHRoZWlyIGVycm9ycyBoYXZlIG51bWJlcnMgaW4gdGhlIHBsYWNlIG9mIHNlbnRlbmNlcywgd2hpY2ggc3RhbmQgaW4gb25lIHRhYmxlLCBhbmQgY29uc3RhbnRzIGFyZSBsaXRlcmFscy4gKi9cbmNvbnN0IGxpZnRlZCA9IGxpZnRTZW50ZW5jZXMoc291cmNlcywgW1xuICByb290KGVudHJ5LmluZGV4KSxcbiAgcm9vdChlbnRyeS5zdGF0ZW1lbnRzKSxcbiAgcm9vdChlbnRyeS5tdXNpZzIpLFxuICByb290KGVudHJ5LmNvaW5qb2luKSxcbiAgcm9vdChlbnRyeS5tYWlsKSxcbiAgcm9vdChlbnRyeS5vbmlvbiksXG5dKVxuY29uc3QgY29uc3RhbnRzID0gZm9sZENvbnN0YW50cyhzb3VyY2VzKVxuY29uc3QgYnVpbHQgPSB0ZXh0c1dpdGgoKHsgZmlsZU5hbWUgfSkgPT4gW3ByaXZhdGVzLCBsaWZ0ZWQsIGNvbnN0YW50c10uZmxhdE1hcCgoZWRpdHMpID0+IGVkaXRzLmdldChmaWxlTmFtZSkgPz8gW10pKVxuY29uc3QgcmV3cml0dGVuID0ge1xuICBuYW1lOiAncmV3cml0dGVuJyxcbiAgc2V0dXAoeyBvbkxvYWQgfTogUGx1Z2luQnVpbGQpIHtcbiAgICBvbkxvYWQoeyBmaWx0ZXI6IC9bXFxcXC9dc3JjW1xcXFwvXS4qXFwudHMkLyB9LCAoeyBwYXRoIH0pOiBPbkxvYWRSZXN1bHQgfCB1bmRlZmluZWQgPT4ge1xuICAgICAgY29uc3QgY29udGVudHMgPSBidWlsdC5nZXQocGF0aC5yZXBsYWNlQWxsKCdcXFxcJywgJy8nKSlcbiAgICAgIHJldHVybiBjb250ZW50cyA9PT0gdW5kZWZpbmVkID8gdW5kZWZpbmVkIDogeyBjb250ZW50cywgbG9hZGVyOiAndHMnIH1cbiAgICB9KVxuICB9LFxufVxuXG4vKiogRnVuY3Rpb25zIHRoYXQgYXJlIHVzZWQgb25jZSBzdGF5IGZ1bmN0aW9uczogd2l0aGluIG90aGVycyB0aGV5IGNvbXByZXNzIHdvcnNlLiBgY2hlY2tSZWFkc2AgbG9va3MgZm9yIGdldHRlcnMgdGhhdCBhcmUgcmVhZCBmb3Igd2hhdCB0aGV5IGRvLiAqL1xuY29uc3QgQ09NUFJFU1MgPSB7XG4gIHBhc3NlczogMixcbiAgZWNtYTogMjAyMCxcbiAgcmVkdWNlX2Z1bmNzOiBmYWxzZSxcbiAga2VlcF9pbmZpbml0eTogdHJ1ZSxcbiAgcHVyZV9nZXR0ZXJzOiB0cnVlLFxuICB1bnNhZmVfbWV0aG9kczogdHJ1ZSxcbn0gYXMgY29uc3RcblxuY29uc3QgdGVyc2VyID0gYXdhaXQgaW1wb3J0KCd0ZXJzZXInKS5jYXRjaCgoKSA9PiB7XG4gIGNvbnNvbGUud2FybigndGVyc2VyIGlzIG5vdCBpbnN0YWxsZWQ6IHdoYXQgaXMgYnVpbHQgaXMgbGFyZ2VyIHRoYW4gaXRzIGJ1ZGdldHMuIFJ1biBgbnBtIGNpYC4nKVxuICByZXR1cm4gdW5kZWZpbmVkXG59KVxuXG4vKipcbiAqIFNpbXBsZXIgY29kZSwgd2hpY2ggYSBidW5kbGVyIHNoYWtlcyBhcyBiZWZvcmUgYW5kIGhhcyBtYWRlIGEgZmlmdGlldGggc21hbGxlciBvbmNlIGl0IGhhcyBtaW5pZmllZCBpdDogbmFtZXMsIGxpbmVzIGFuZCBleHBvcnRzXG4gKiBzdGF5LiBUaGVuIGRlY2xhcmF0aW9ucyB0aGF0IGxvb2sgYWxpa2UgY29tZSB0byBzdGFuZCB0b2dldGhlciwgd2hpY2ggbWFrZXMgaXQgc21hbGxlciBieSBhbm90aGVyIGZpZnRpZXRoLlxuICovXG5jb25zdCBzaW1wbGVyID0ge1xuICBuYW1lOiAnc2ltcGxlcicsXG4gIGFzeW5jIHJlbmRlckNodW5rKGNvZGU6IHN0cmluZywgeyBwYXRoIH06IHsgcGF0aDogc3RyaW5nIH0pIHtcbiAgICBpZiAoIXBhdGguZW5kc1dpdGgoJy5qcycpIHx8IHRlcnNlciA9PT0gdW5kZWZpbmVkKSByZXR1cm4gdW5kZWZpbmVkXG4gICAgY29uc3Qgb3B0aW9ucyA9IHsgbW9kdWxlOiB0cnVlLCBtYW5nbGU6IGZhbHNlLCBjb21wcmVzczogQ09NUFJFU1MsIGZvcm1hdDogeyBiZWF1dGlmeTogdHJ1ZSwgcHJlc2VydmVfYW5ub3RhdGlvbnM6IHRydWUgfSB9XG4gICAgY29uc3Qgc2ltcGxlID0gYXdhaXQgdGVyc2VyLm1pbmlmeShjb2RlLCBvcHRpb25zKVxuICAgIHJldHVybiB7IGNvZGU6IG9yZGVyRGVjbGFyYXRpb25zKHNpbXBsZS5jb2RlISkgfVxuICB9LFxufVxuXG5mdW5jdGlvbiB0ZXh0c1dpdGgoZWRpdHNPZjogKGZpbGU6IFNvdXJjZUZpbGUpID0+IHJlYWRvbmx5IEVkaXRbXSB8IHVuZGVmaW5lZCk6IE1hcDxzdHJpbmcsIHN0cmluZz4ge1xuICBjb25zdCB0ZXh0cyA9IG5ldyBNYXA8c3RyaW5nLCBzdHJpbmc+KClcbiAgZm9yIChjb25zdCBmaWxlIG9mIHNvdXJjZXMuZmlsZXMpIHtcbiAgICBjb25zdCBlZGl0cyA9IGVkaXRzT2YoZmlsZSlcbiAgICBpZiAoZWRpdHM/Lmxlbmd0aCkgdGV4dHMuc2V0KGZpbGUuZmlsZU5hbWUsIGVkaXRlZChmaWxlLnRleHQsIGVkaXRzKSlcbiAgfVxuICByZXR1cm4gdGV4dHNcbn1cblxuZXhwb3J0IGRlZmF1bHQgZGVmaW5lQ29uZmlnKFtcbiAge1xuICAgIGVudHJ5OiB7IC4uLmVudHJ5LCAuLi5kZXZlbG9wbWVudCwgLi4ucGxhdGZvcm1zLCB2ZW5kb3I6ICdzcmMvcGxhdGZvcm0vdmVuZG9yLnRzJywgY2xpOiAnc3JjL25vZGUvY2xpLnRzJyB9LFxuICAgIGZvcm1hdDogJ2VzbScsXG4gICAgdGFyZ2V0OiAnZXMyMDIyJyxcbiAgICBwbGF0Zm9ybTogJ25ldXRyYWwnLFxuICAgIC8vIE9uZSBjbGFzcyBQMlBFcnJvciBmb3IgYWxsIGVudHJ5IHBvaW50cywgc28gdGhhdCBgaW5zdGFuY2VvZmAgaG9sZHMgYmV0d2VlbiB0aGVtLlxuICAgIHNwbGl0dGluZzogdHJ1ZSxcbiAgICBkdHM6IHsgZW50cnkgfSxcbiAgICBvdXREaXI6ICdkaXN0JyxcbiAgICBleHRlcm5hbDogWy9ebm9kZTovXSxcbiAgICBub0V4dGVybmFsOiBbVkVORE9SXSxcbiAgICBlc2J1aWxkUGx1Z2luczogW3BsYXRmb3JtQnlDb25kaXRpb24sIHZlbmRvckJ5Q29uZGl0aW9uLCB0ZXN0ZXIsIHJld3JpdHRlbl0sXG4gICAgZXNidWlsZE9wdGlvbnM6IHNob3J0LFxuICAgIHBsdWdpbnM6IFtzaW1wbGVyXSxcbiAgfSxcbiAge1xuICAgIGVudHJ5OiB7ICd2ZW5kb3Itbm9kZSc6ICdzcmMvcGxhdGZvcm0vdmVuZG9yLnRzJyB9LFxuICAgIGZvcm1hdDogJ2VzbScsXG4gICAgdGFyZ2V0OiAnZXMyMDIyJyxcbiAgICBwbGF0Zm9ybTogJ25ldXRyYWwnLFxuICAgIG91dERpcjogJ2Rpc3QnLFxuICAgIG5vRXh0ZXJuYWw6IFsvLiovXSxcbiAgICBlc2J1aWxkT3B0aW9ucyhvcHRpb25zKSB7XG4gICAgICAvLyBuYW5vaWQncyBoYWxmIGZvciBOb2RlIGxvYWRzIGFsbCBvZiBXZWJDcnlwdG8ncyBKYXZhU2NyaXB0IGZvciBvbmUgZnVuY3Rpb24gdGhhdCBpcyBnbG9iYWwgYW55d2F5LlxuICAgICAgb3B0aW9ucy5jb25kaXRpb25zID0gWydicm93c2VyJ11cbiAgICB9LFxuICB9LFxuICB7XG4gICAgLy8gSXQgc2hhcmVzIG5vdGhpbmcgd2l0aCB0aGUgb3RoZXJzLCB3aG9zZSBuYW1lcyBhcmUgc2hvcnQuXG4gICAgZW50cnk6IHsgY29uZm9ybTogJ3NyYy9ub2RlL2NvbmZvcm0vY29tbWFuZC50cycgfSxcbiAgICBmb3JtYXQ6ICdlc20nLFxuICAgIHRhcmdldDogJ2VzMjAyMicsXG4gICAgcGxhdGZvcm06ICdub2RlJyxcbiAgICBzcGxpdHRpbmc6IGZhbHNlLFxuICAgIG91dERpcjogJ2Rpc3QnLFxuICAgIGVzYnVpbGRQbHVnaW5zOiBbcGxhdGZvcm0oeyBwYXRoOiByb290KCdzcmMvcGxhdGZvcm0vbm9kZS50cycpIH0pXSxcbiAgfSxcbiAge1xuICAgIGVudHJ5OiB7IC4uLmVudHJ5LCAuLi5kZXZlbG9wbWVudCwgLi4ucGxhdGZvcm1zIH0sXG4gICAgZm9ybWF0OiAnY2pzJyxcbiAgICB0YXJnZXQ6ICdlczIwMjInLFxuICAgIHBsYXRmb3JtOiAnbmV1dHJhbCcsXG4gICAgc3BsaXR0aW5nOiB0cnVlLFxuICAgIG91dERpcjogJ2Rpc3QnLFxuICAgIG91dEV4dGVuc2lvbjogKCkgPT4gKHsganM6ICcuY2pzJyB9KSxcbiAgICBleHRlcm5hbDogWy9ebm9kZTovXSxcbiAgICAvLyBUaGVzZSBzaGlwIGFzIEVTIG1vZHVsZXMgb25seSwgd2hpY2ggYHJlcXVpcmVgIG9mIE5vZGUgMjAuMTkgdGFrZXM7IG9sZGVyIGJ1bmRsZXJzIGdldCB0aGVtIGlubGluZWQuXG4gICAgbm9FeHRlcm5hbDogWy9eQG5vYmxlXFwvLywgJ25hbm9pZCcsICdpZGIta2V5dmFsJ10sXG4gICAgZXNidWlsZFBsdWdpbnM6IFtwbGF0Zm9ybUJ5Q29uZGl0aW9uLCByZXdyaXR0ZW5dLFxuICAgIGVzYnVpbGRPcHRpb25zKG9wdGlvbnMpIHtcbiAgICAgIHNob3J0KG9wdGlvbnMpXG4gICAgICAvLyBCdW5kbGVycyBmb3IgYnJvd3NlcnMgdGFrZSBpdCB0b28sIGFuZCBmaW5kIG5vIGBjcnlwdG9gIG9mIE5vZGUsIHdoaWNoIG5hbm9pZCdzIGhhbGYgZm9yIE5vZGUgYXNrcyBmb3IuXG4gICAgICBvcHRpb25zLmNvbmRpdGlvbnMgPSBbJ2Jyb3dzZXInXVxuICAgIH0sXG4gIH0sXG4gIHtcbiAgICBlbnRyeTogeyAnbG90dXMtcDJwJzogJ3NyYy9pbmRleC5kZXZlbG9wbWVudC50cycsICdsb3R1cy1wMnAtYWxsJzogJ3NyYy9hbGwuZGV2ZWxvcG1lbnQudHMnIH0sXG4gICAgZm9ybWF0OiAnaWlmZScsXG4gICAgZ2xvYmFsTmFtZTogJ0xvdHVzUDJQJyxcbiAgICB0YXJnZXQ6ICdlczIwMjInLFxuICAgIHBsYXRmb3JtOiAnYnJvd3NlcicsXG4gICAgbWluaWZ5OiB0cnVlLFxuICAgIG91dERpcjogJ2Rpc3QnLFxuICAgIG91dEV4dGVuc2lvbjogKCkgPT4gKHsganM6ICcuZ2xvYmFsLmpzJyB9KSxcbiAgICBub0V4dGVybmFsOiBbLy4qL10sXG4gICAgZXNidWlsZFBsdWdpbnM6IFtwbGF0Zm9ybSh7IHBhdGg6IHJvb3QoJ3NyYy9wbGF0Zm9ybS9icm93c2VyLnRzJykgfSksIHJld3JpdHRlbl0sXG4gICAgZXNidWlsZE9wdGlvbnMob3B0aW9ucykge1xuICAgICAgc2hvcnQob3B0aW9ucylcbiAgICAgIG9wdGlvbnMubWFpbkZpZWxkcyA9IFsnYnJvd3NlcicsICdtb2R1bGUnLCAnbWFpbiddXG4gICAgfSxcbiAgfSxcbiAge1xuICAgIC8vIE9uZSBmaWxlIGZvciBtb2R1bGUgYW5kIGNsYXNzaWMgd29ya2VycyBhbGlrZTogaXQgaW1wb3J0cyBhbmQgZXhwb3J0cyBub3RoaW5nLlxuICAgIGVudHJ5OiB7ICdwb3ctd29ya2VyJzogJ3NyYy9wbHVnaW5zL3Byb29mLW9mLXdvcmsvcG93LXdvcmtlci50cycgfSxcbiAgICBmb3JtYXQ6ICdpaWZlJyxcbiAgICB0YXJnZXQ6ICdlczIwMjInLFxuICAgIHBsYXRmb3JtOiAnYnJvd3NlcicsXG4gICAgbWluaWZ5OiB0cnVlLFxuICAgIG91dERpcjogJ2Rpc3QnLFxuICAgIG91dEV4dGVuc2lvbjogKCkgPT4gKHsganM6ICcuanMnIH0pLFxuICB9LFxuXSlcbiIsICJjb25zdCBfX2luamVjdGVkX2ZpbGVuYW1lX18gPSBcIi93b3JrL3d0L2NsdXN0ZXIvYnVpbGQvY29uc3RhbnRzLnRzXCI7Y29uc3QgX19pbmplY3RlZF9kaXJuYW1lX18gPSBcIi93b3JrL3d0L2NsdXN0ZXIvYnVpbGRcIjtjb25zdCBfX2luamVjdGVkX2ltcG9ydF9tZXRhX3VybF9fID0gXCJmaWxlOi8vL3dvcmsvd3QvY2x1c3Rlci9idWlsZC9jb25zdGFudHMudHNcIjtpbXBvcnQgdHMgZnJvbSAndHlwZXNjcmlwdCdcbmltcG9ydCB0eXBlIHsgRWRpdCB9IGZyb20gJy4vZWRpdHMuanMnXG5pbXBvcnQgdHlwZSB7IFNvdXJjZXMgfSBmcm9tICcuL3Byb2dyYW0uanMnXG5cbi8qKlxuICogV3JpdGVzIGFyaXRobWV0aWMgb2YgY29uc3RhbnRzIHRoYXQgaXMgZG9uZSB3aGVuIGEgbW9kdWxlIGxvYWRzIGFzIHdoYXQgaXQgY29tZXMgdG86IGBjb25zdCBMSU1JVCA9IDIgKiBGUkFNRV9CWVRFUyArIDE2YCBiZWNvbWVzXG4gKiBgY29uc3QgTElNSVQgPSAyMDY0YC4gQSBidW5kbGVyIGRyb3BzIGEgbGl0ZXJhbCB0aGF0IG5vYm9keSB1c2VzOyBhcml0aG1ldGljIHN0YXlzIGluIGVhY2ggYnVuZGxlLCBmb3IgaXQgZG9lcyBub3Qga25vdyB0aGF0IHRoZVxuICogcGFydHMgYXJlIG51bWJlcnMuXG4gKi9cbmV4cG9ydCBmdW5jdGlvbiBmb2xkQ29uc3RhbnRzKHsgY2hlY2tlciwgZmlsZXMgfTogU291cmNlcyk6IE1hcDxzdHJpbmcsIEVkaXRbXT4ge1xuICBjb25zdCBlZGl0cyA9IG5ldyBNYXA8c3RyaW5nLCBFZGl0W10+KClcbiAgY29uc3QgaW5maW5pdGllcyA9IChub2RlOiB0cy5Ob2RlLCBmb3VuZDogRWRpdFtdKTogdm9pZCA9PiB7XG4gICAgaWYgKHRzLmlzUHJvcGVydHlBY2Nlc3NFeHByZXNzaW9uKG5vZGUpICYmIG5vZGUuZ2V0VGV4dCgpID09PSAnTnVtYmVyLk5FR0FUSVZFX0lORklOSVRZJykge1xuICAgICAgZm91bmQucHVzaCh7IHN0YXJ0OiBub2RlLmdldFN0YXJ0KCksIGVuZDogbm9kZS5lbmQsIHRleHQ6ICctSW5maW5pdHknIH0pXG4gICAgfSBlbHNlIHRzLmZvckVhY2hDaGlsZChub2RlLCAoY2hpbGQpID0+IGluZmluaXRpZXMoY2hpbGQsIGZvdW5kKSlcbiAgfVxuICBjb25zdCB2aXNpdCA9IChub2RlOiB0cy5Ob2RlLCBmb3VuZDogRWRpdFtdKTogdm9pZCA9PiB7XG4gICAgaWYgKHRzLmlzRnVuY3Rpb25MaWtlKG5vZGUpIHx8IHRzLmlzQ2xhc3NMaWtlKG5vZGUpIHx8IHRzLmlzVHlwZU5vZGUobm9kZSkpIHJldHVyblxuICAgIGNvbnN0IHZhbHVlID0gdHMuaXNCaW5hcnlFeHByZXNzaW9uKG5vZGUpID8gYW1vdW50T2Yobm9kZSwgY2hlY2tlcikgOiB1bmRlZmluZWRcbiAgICBpZiAodmFsdWUgPT09IHVuZGVmaW5lZCkgdHMuZm9yRWFjaENoaWxkKG5vZGUsIChjaGlsZCkgPT4gdmlzaXQoY2hpbGQsIGZvdW5kKSlcbiAgICBlbHNlIGZvdW5kLnB1c2goeyBzdGFydDogbm9kZS5nZXRTdGFydCgpLCBlbmQ6IG5vZGUuZW5kLCB0ZXh0OiBsaXRlcmFsKHZhbHVlKSB9KVxuICB9XG4gIGZvciAoY29uc3QgZmlsZSBvZiBmaWxlcykge1xuICAgIGNvbnN0IGZvdW5kOiBFZGl0W10gPSBbXVxuICAgIGluZmluaXRpZXMoZmlsZSwgZm91bmQpXG4gICAgZm9yIChjb25zdCBzdGF0ZW1lbnQgb2YgZmlsZS5zdGF0ZW1lbnRzKSBpZiAodHMuaXNWYXJpYWJsZVN0YXRlbWVudChzdGF0ZW1lbnQpKSB2aXNpdChzdGF0ZW1lbnQsIGZvdW5kKVxuICAgIGVkaXRzLnNldChmaWxlLmZpbGVOYW1lLCBmb3VuZClcbiAgfVxuICByZXR1cm4gZWRpdHNcbn1cblxuLyoqIFByaW1lcyBuZWFyIGEgcG93ZXIgb2YgdHdvIGhhdmUgZGlnaXRzIHRoYXQgcmVwZWF0IGluIGJhc2UgMTYsIHNvIHRoZXkgY29tcHJlc3MuICovXG5mdW5jdGlvbiBsaXRlcmFsKHZhbHVlOiBudW1iZXIgfCBiaWdpbnQpOiBzdHJpbmcge1xuICBpZiAodHlwZW9mIHZhbHVlICE9PSAnYmlnaW50JykgcmV0dXJuIGAke3ZhbHVlfWBcbiAgcmV0dXJuIHZhbHVlIDwgMG4gPyBgLSR7bGl0ZXJhbCgtdmFsdWUpfWAgOiBgMHgke3ZhbHVlLnRvU3RyaW5nKDE2KX1uYFxufVxuXG4vKiogV2hhdCBhbiBleHByZXNzaW9uIG9mIGxpdGVyYWxzIGFuZCBjb25zdGFudHMgY29tZXMgdG87IHVuZGVmaW5lZCBmb3IgYW55IG90aGVyLiAqL1xuZXhwb3J0IGZ1bmN0aW9uIGFtb3VudE9mKG5vZGU6IHRzLkV4cHJlc3Npb24sIGNoZWNrZXI6IHRzLlR5cGVDaGVja2VyKTogbnVtYmVyIHwgYmlnaW50IHwgdW5kZWZpbmVkIHtcbiAgaWYgKHRzLmlzTnVtZXJpY0xpdGVyYWwobm9kZSkpIHJldHVybiBOdW1iZXIobm9kZS50ZXh0KVxuICBpZiAodHMuaXNCaWdJbnRMaXRlcmFsKG5vZGUpKSByZXR1cm4gQmlnSW50KG5vZGUudGV4dC5zbGljZSgwLCAtMSkpXG4gIGlmICh0cy5pc1BhcmVudGhlc2l6ZWRFeHByZXNzaW9uKG5vZGUpKSByZXR1cm4gYW1vdW50T2Yobm9kZS5leHByZXNzaW9uLCBjaGVja2VyKVxuICBpZiAodHMuaXNJZGVudGlmaWVyKG5vZGUpKSB7XG4gICAgY29uc3QgaW5pdGlhbGl6ZXIgPSBpbml0aWFsaXplck9mKG5vZGUsIGNoZWNrZXIpXG4gICAgcmV0dXJuIGluaXRpYWxpemVyICYmIGFtb3VudE9mKGluaXRpYWxpemVyLCBjaGVja2VyKVxuICB9XG4gIGlmICh0cy5pc1ByZWZpeFVuYXJ5RXhwcmVzc2lvbihub2RlKSAmJiBub2RlLm9wZXJhdG9yID09PSB0cy5TeW50YXhLaW5kLk1pbnVzVG9rZW4pIHtcbiAgICBjb25zdCB2YWx1ZSA9IGFtb3VudE9mKG5vZGUub3BlcmFuZCwgY2hlY2tlcilcbiAgICByZXR1cm4gdmFsdWUgPT09IHVuZGVmaW5lZCA/IHVuZGVmaW5lZCA6IC12YWx1ZVxuICB9XG4gIGlmICghdHMuaXNCaW5hcnlFeHByZXNzaW9uKG5vZGUpKSByZXR1cm4gdW5kZWZpbmVkXG4gIGNvbnN0IGxlZnQgPSBhbW91bnRPZihub2RlLmxlZnQsIGNoZWNrZXIpXG4gIGNvbnN0IHJpZ2h0ID0gYW1vdW50T2Yobm9kZS5yaWdodCwgY2hlY2tlcilcbiAgaWYgKGxlZnQgPT09IHVuZGVmaW5lZCB8fCB0eXBlb2YgbGVmdCAhPT0gdHlwZW9mIHJpZ2h0KSByZXR1cm4gdW5kZWZpbmVkXG4gIC8vIEJvdGggYXJlIG9mIG9uZSB0eXBlLCB3aGljaCBpcyBhbGwgdGhhdCB0aGUgb3BlcmF0b3JzIGFzayBmb3IuXG4gIHJldHVybiBjYWxjdWxhdGUobm9kZS5vcGVyYXRvclRva2VuLmtpbmQsIGxlZnQgYXMgbnVtYmVyLCByaWdodCBhcyBudW1iZXIpXG59XG5cbmZ1bmN0aW9uIGNhbGN1bGF0ZShvcGVyYXRvcjogdHMuU3ludGF4S2luZCwgbGVmdDogbnVtYmVyLCByaWdodDogbnVtYmVyKTogbnVtYmVyIHwgdW5kZWZpbmVkIHtcbiAgc3dpdGNoIChvcGVyYXRvcikge1xuICAgIGNhc2UgdHMuU3ludGF4S2luZC5QbHVzVG9rZW46XG4gICAgICByZXR1cm4gbGVmdCArIHJpZ2h0XG4gICAgY2FzZSB0cy5TeW50YXhLaW5kLk1pbnVzVG9rZW46XG4gICAgICByZXR1cm4gbGVmdCAtIHJpZ2h0XG4gICAgY2FzZSB0cy5TeW50YXhLaW5kLkFzdGVyaXNrVG9rZW46XG4gICAgICByZXR1cm4gbGVmdCAqIHJpZ2h0XG4gICAgY2FzZSB0cy5TeW50YXhLaW5kLkFzdGVyaXNrQXN0ZXJpc2tUb2tlbjpcbiAgICAgIHJldHVybiBsZWZ0ICoqIHJpZ2h0XG4gICAgY2FzZSB0cy5TeW50YXhLaW5kLkxlc3NUaGFuTGVzc1RoYW5Ub2tlbjpcbiAgICAgIHJldHVybiBsZWZ0IDw8IHJpZ2h0XG4gICAgZGVmYXVsdDpcbiAgICAgIHJldHVybiB1bmRlZmluZWRcbiAgfVxufVxuXG4vKiogV2hhdCBhIGNvbnN0YW50IGlzIGRlY2xhcmVkIHdpdGguICovXG5mdW5jdGlvbiBpbml0aWFsaXplck9mKG5hbWU6IHRzLklkZW50aWZpZXIsIGNoZWNrZXI6IHRzLlR5cGVDaGVja2VyKTogdHMuRXhwcmVzc2lvbiB8IHVuZGVmaW5lZCB7XG4gIGNvbnN0IHN5bWJvbCA9IGNoZWNrZXIuZ2V0U3ltYm9sQXRMb2NhdGlvbihuYW1lKVxuICBjb25zdCB0YXJnZXQgPSBzeW1ib2wgJiYgc3ltYm9sLmZsYWdzICYgdHMuU3ltYm9sRmxhZ3MuQWxpYXMgPyBjaGVja2VyLmdldEFsaWFzZWRTeW1ib2woc3ltYm9sKSA6IHN5bWJvbFxuICBjb25zdCBkZWNsYXJhdGlvbiA9IHRhcmdldD8udmFsdWVEZWNsYXJhdGlvblxuICBjb25zdCBpc0NvbnN0YW50ID1cbiAgICBkZWNsYXJhdGlvbiAmJiB0cy5pc1ZhcmlhYmxlRGVjbGFyYXRpb24oZGVjbGFyYXRpb24pICYmIHRzLmdldENvbWJpbmVkTm9kZUZsYWdzKGRlY2xhcmF0aW9uKSAmIHRzLk5vZGVGbGFncy5Db25zdFxuICByZXR1cm4gaXNDb25zdGFudCA/IGRlY2xhcmF0aW9uLmluaXRpYWxpemVyIDogdW5kZWZpbmVkXG59XG4iLCAiY29uc3QgX19pbmplY3RlZF9maWxlbmFtZV9fID0gXCIvd29yay93dC9jbHVzdGVyL2J1aWxkL2RlY2xhcmF0aW9uLW9yZGVyLnRzXCI7Y29uc3QgX19pbmplY3RlZF9kaXJuYW1lX18gPSBcIi93b3JrL3d0L2NsdXN0ZXIvYnVpbGRcIjtjb25zdCBfX2luamVjdGVkX2ltcG9ydF9tZXRhX3VybF9fID0gXCJmaWxlOi8vL3dvcmsvd3QvY2x1c3Rlci9idWlsZC9kZWNsYXJhdGlvbi1vcmRlci50c1wiO2ltcG9ydCB7IGd6aXBTeW5jIH0gZnJvbSAnbm9kZTp6bGliJ1xuaW1wb3J0IHsgdHJhbnNmb3JtU3luYyB9IGZyb20gJ2VzYnVpbGQnXG5pbXBvcnQgdHMgZnJvbSAndHlwZXNjcmlwdCdcblxuLyoqIEhvdyBmYXIgYmFjayBnemlwIGxvb2tzIGZvciBhIHRleHQgdGhhdCBpdCBjYW4gcmVwZWF0LiAqL1xuY29uc3QgV0lORE9XX0JZVEVTID0gMzJfNzY4XG4vKiogVGV4dHMgYXJlIGNvbXBhcmVkIGJ5IHRoZWlyIHJ1bnMgb2Ygc28gbWFueSBjaGFyYWN0ZXJzLiAqL1xuY29uc3QgUlVOX0xFTkdUSCA9IDdcbi8qKlxuICogSG93IG11Y2ggYSBzaG9ydCBkZWNsYXJhdGlvbiBnb2VzIGJlZm9yZSBhIGxvbmcgb25lIG9mIHdoaWNoIGFzIGxhcmdlIGEgc2hhcmUgc3RhbmRzIGluIHRoZSB3aW5kb3c6IHdpdGggMSBub3QgYXQgYWxsLCB3aXRoIGxlc3NcbiAqIHRoZSBsb25nIG9uZSBnb2VzIGZpcnN0LiBXaGljaCBvbmUgaXMgYmVzdCBjaGFuZ2VzIHdpdGggZXZlcnkgZmV3IGxpbmVzIG9mIHRoZSBzb3VyY2VzLCBzbyB0aGF0IGVhY2ggaXMgdHJpZWQuXG4gKi9cbmNvbnN0IEVYUE9ORU5UUyA9IFswLjg4LCAwLjksIDAuOTIsIDAuOTQsIDAuOTYsIDFdXG5cbmludGVyZmFjZSBEZWNsYXJhdGlvbiB7XG4gIHJlYWRvbmx5IG5hbWU6IHN0cmluZ1xuICByZWFkb25seSB0ZXh0OiBzdHJpbmdcbiAgLyoqIE5hbWVzIHRoYXQgYXJlIHJlYWQgd2hlbiB0aGUgbW9kdWxlIGxvYWRzOyBub25lIGZvciBhIGZ1bmN0aW9uLiAqL1xuICByZWFkb25seSByZWFkczogUmVhZG9ubHlTZXQ8c3RyaW5nPlxuICAvKiogQWxsIG5hbWVzIGluIGl0LiAqL1xuICByZWFkb25seSBtZW50aW9uczogUmVhZG9ubHlTZXQ8c3RyaW5nPlxufVxuXG4vKipcbiAqIE9yZGVycyB0aGUgZGVjbGFyYXRpb25zIG9mIGEgbW9kdWxlIHNvIHRoYXQgdGhvc2UgdGhhdCBsb29rIGFsaWtlIHN0YW5kIG5lYXIgZWFjaCBvdGhlci4gQSBidW5kbGUgaXMgc2V2ZXJhbCB0aW1lcyBsb25nZXIgdGhhbiB0aGVcbiAqIHdpbmRvdyBvZiBnemlwLCBzbyB0aGlzIG1ha2VzIGl0IGEgZmlmdGlldGggc2hvcnRlci4gVGhlIG5leHQgZGVjbGFyYXRpb24gaXMgdGhlIG9uZSBvZiB3aGljaCBtb3N0IHN0YW5kcyBpbiB0aGUgd2luZG93IGFscmVhZHk7XG4gKiB3aGF0IGZldyBkZWNsYXJhdGlvbnMgaGF2ZSBjb3VudHMgZm9yIG1vcmUuXG4gKlxuICogQSBmdW5jdGlvbiBtYXkgc3RhbmQgYW55d2hlcmUuIEFub3RoZXIgZGVjbGFyYXRpb24gY29tZXMgYmVoaW5kIGFsbCB0aGF0IG1heSBiZSByZWFkIHdoZW4gaXQgaXMgZXZhbHVhdGVkLiBBIG1vZHVsZSB3aXRoIHN0YXRlbWVudHNcbiAqIHRoYXQgYXJlIG5vIGRlY2xhcmF0aW9ucyBzdGF5cyBhcyBpdCBpcy5cbiAqL1xuZXhwb3J0IGZ1bmN0aW9uIG9yZGVyRGVjbGFyYXRpb25zKGNvZGU6IHN0cmluZyk6IHN0cmluZyB7XG4gIGNvbnN0IHsgc3RhdGVtZW50cyB9ID0gcGFyc2VkKGNvZGUpXG4gIGNvbnN0IGltcG9ydHM6IHN0cmluZ1tdID0gW11cbiAgY29uc3QgZXhwb3J0czogc3RyaW5nW10gPSBbXVxuICBjb25zdCBkZWNsYXJhdGlvbnM6IERlY2xhcmF0aW9uW10gPSBbXVxuICBmb3IgKGNvbnN0IHN0YXRlbWVudCBvZiBzdGF0ZW1lbnRzKSB7XG4gICAgY29uc3QgdGV4dCA9IHN0YXRlbWVudC5nZXRGdWxsVGV4dCgpLnRyaW0oKVxuICAgIGlmICh0cy5pc0ltcG9ydERlY2xhcmF0aW9uKHN0YXRlbWVudCkpIGltcG9ydHMucHVzaCh0ZXh0KVxuICAgIGVsc2UgaWYgKHRzLmlzRXhwb3J0RGVjbGFyYXRpb24oc3RhdGVtZW50KSkgZXhwb3J0cy5wdXNoKHRleHQpXG4gICAgZWxzZSBpZiAodHMuaXNGdW5jdGlvbkRlY2xhcmF0aW9uKHN0YXRlbWVudCkpXG4gICAgICBkZWNsYXJhdGlvbnMucHVzaCh7IC4uLm5hbWVzSW4oc3RhdGVtZW50KSwgbmFtZTogc3RhdGVtZW50Lm5hbWUhLnRleHQsIHRleHQsIHJlYWRzOiBuZXcgU2V0KCkgfSlcbiAgICBlbHNlIGlmICh0cy5pc1ZhcmlhYmxlU3RhdGVtZW50KHN0YXRlbWVudCkpIGRlY2xhcmF0aW9ucy5wdXNoKC4uLnZhcmlhYmxlcyhzdGF0ZW1lbnQpKVxuICAgIGVsc2UgcmV0dXJuIGNvZGVcbiAgfVxuICBjb25zdCBvcmRlciA9IGFsaWtlKGRlY2xhcmF0aW9ucylcbiAgcmV0dXJuIFsuLi5pbXBvcnRzLCAuLi5vcmRlci5tYXAoKGluZGV4KSA9PiBkZWNsYXJhdGlvbnNbaW5kZXhdIS50ZXh0KSwgLi4uZXhwb3J0c10uam9pbignXFxuJylcbn1cblxuZnVuY3Rpb24gdmFyaWFibGVzKHsgZGVjbGFyYXRpb25MaXN0IH06IHRzLlZhcmlhYmxlU3RhdGVtZW50KTogRGVjbGFyYXRpb25bXSB7XG4gIGNvbnN0IGtpbmQgPSBkZWNsYXJhdGlvbkxpc3QuZmxhZ3MgJiB0cy5Ob2RlRmxhZ3MuQ29uc3QgPyAnY29uc3QnIDogZGVjbGFyYXRpb25MaXN0LmZsYWdzICYgdHMuTm9kZUZsYWdzLkxldCA/ICdsZXQnIDogJ3ZhcidcbiAgcmV0dXJuIGRlY2xhcmF0aW9uTGlzdC5kZWNsYXJhdGlvbnMubWFwKChwYXJ0KSA9PiB7XG4gICAgcmV0dXJuIHsgLi4ubmFtZXNJbihwYXJ0KSwgbmFtZTogcGFydC5uYW1lLmdldFRleHQoKSwgdGV4dDogYCR7a2luZH0gJHtwYXJ0LmdldFRleHQoKX07YCB9XG4gIH0pXG59XG5cbmZ1bmN0aW9uIG5hbWVzSW4oZGVjbGFyYXRpb246IHRzLkZ1bmN0aW9uRGVjbGFyYXRpb24gfCB0cy5WYXJpYWJsZURlY2xhcmF0aW9uKTogUGljazxEZWNsYXJhdGlvbiwgJ3JlYWRzJyB8ICdtZW50aW9ucyc+IHtcbiAgY29uc3QgcmVhZHMgPSBuZXcgU2V0PHN0cmluZz4oKVxuICBjb25zdCBtZW50aW9ucyA9IG5ldyBTZXQ8c3RyaW5nPigpXG4gIGNvbnN0IHZpc2l0ID0gKG5vZGU6IHRzLk5vZGUsIGlzTGF0ZXI6IGJvb2xlYW4pOiB2b2lkID0+IHtcbiAgICBpZiAodHMuaXNJZGVudGlmaWVyKG5vZGUpKSB7XG4gICAgICBtZW50aW9ucy5hZGQobm9kZS50ZXh0KVxuICAgICAgaWYgKCFpc0xhdGVyKSByZWFkcy5hZGQobm9kZS50ZXh0KVxuICAgIH1cbiAgICAvLyBUaGUgY29tcHV0ZWQgbmFtZSBvZiBhIG1lbWJlciBpcyByZWFkIHdoZW4gaXRzIGNsYXNzIGlzIG1hZGUuXG4gICAgdHMuZm9yRWFjaENoaWxkKG5vZGUsIChjaGlsZCkgPT4gdmlzaXQoY2hpbGQsIGlzTGF0ZXIgfHwgKHJ1bnNMYXRlcihub2RlKSAmJiAhdHMuaXNDb21wdXRlZFByb3BlcnR5TmFtZShjaGlsZCkpKSlcbiAgfVxuICB2aXNpdChkZWNsYXJhdGlvbiwgZmFsc2UpXG4gIHJldHVybiB7IHJlYWRzLCBtZW50aW9ucyB9XG59XG5cbi8qKiBXaGV0aGVyIGEgbm9kZSBydW5zIG9uY2Ugc29tZWJvZHkgY2FsbHMgaXQuIEEgZnVuY3Rpb24gd2l0aGluIGFuIGV4cHJlc3Npb24gbWF5IGJlIGNhbGxlZCB3aGVyZSBpdCBzdGFuZHMuICovXG5mdW5jdGlvbiBydW5zTGF0ZXIobm9kZTogdHMuTm9kZSk6IGJvb2xlYW4ge1xuICBpZiAoIXRzLmlzRnVuY3Rpb25MaWtlKG5vZGUpKSByZXR1cm4gZmFsc2VcbiAgcmV0dXJuIHRzLmlzRnVuY3Rpb25EZWNsYXJhdGlvbihub2RlKSB8fCB0cy5pc0NsYXNzTGlrZShub2RlLnBhcmVudCkgfHwgdHMuaXNWYXJpYWJsZURlY2xhcmF0aW9uKG5vZGUucGFyZW50KVxufVxuXG4vKiogVGhlIHBsYWNlcyBvZiBkZWNsYXJhdGlvbnMsIGluIHRoZSBvcmRlciBpbiB3aGljaCB0aGV5IGFyZSB0byBzdGFuZC4gKi9cbmZ1bmN0aW9uIGFsaWtlKGFsbDogcmVhZG9ubHkgRGVjbGFyYXRpb25bXSk6IG51bWJlcltdIHtcbiAgY29uc3QgbmVlZHMgPSBuZWVkc09mKGFsbClcbiAgY29uc3QgdGV4dHMgPSBtaW5pZmllZChhbGwpXG4gIGNvbnN0IG9yZGVycyA9IEVYUE9ORU5UUy5tYXAoKGV4cG9uZW50KSA9PiBvcmRlckJ5KG5ldyBXaW5kb3codGV4dHMsIGV4cG9uZW50KSwgbmVlZHMpKVxuICBjb25zdCBieXRlc09mID0gKG9yZGVyOiByZWFkb25seSBudW1iZXJbXSkgPT4gZ3ppcFN5bmMob3JkZXIubWFwKChpbmRleCkgPT4gdGV4dHNbaW5kZXhdISkuam9pbignOycpLCB7IGxldmVsOiA5IH0pLmxlbmd0aFxuICByZXR1cm4gb3JkZXJzLnJlZHVjZSgoYmVzdCwgb3JkZXIpID0+IChieXRlc09mKG9yZGVyKSA8IGJ5dGVzT2YoYmVzdCkgPyBvcmRlciA6IGJlc3QpKVxufVxuXG5mdW5jdGlvbiBvcmRlckJ5KHdpbmRvdzogV2luZG93LCBuZWVkczogcmVhZG9ubHkgUmVhZG9ubHlTZXQ8bnVtYmVyPltdKTogbnVtYmVyW10ge1xuICBjb25zdCBsZWZ0ID0gbmV3IFNldChuZWVkcy5rZXlzKCkpXG4gIGNvbnN0IG9yZGVyOiBudW1iZXJbXSA9IFtdXG4gIHdoaWxlIChsZWZ0LnNpemUgPiAwKSB7XG4gICAgY29uc3QgZnJlZSA9IFsuLi5sZWZ0XS5maWx0ZXIoKGluZGV4KSA9PiAhWy4uLm5lZWRzW2luZGV4XSFdLnNvbWUoKG5lZWQpID0+IGxlZnQuaGFzKG5lZWQpKSlcbiAgICAvLyBJbiBhIGNpcmNsZSBvZiB3aGF0IG9ubHkgbWlnaHQgYmUgcmVhZCwgdGhlIGZpcnN0IG9uZSByZWFkcyBub3RoaW5nIG9mIHRoZSBvdGhlcnM6IHNvIHRoZXkgc3Rvb2QuXG4gICAgY29uc3QgbmV4dCA9XG4gICAgICBmcmVlLmxlbmd0aCA9PT0gMFxuICAgICAgICA/IE1hdGgubWluKC4uLmxlZnQpXG4gICAgICAgIDogZnJlZS5yZWR1Y2UoKGJlc3QsIGluZGV4KSA9PiAod2luZG93LnNoYXJlKGluZGV4KSA+IHdpbmRvdy5zaGFyZShiZXN0KSA/IGluZGV4IDogYmVzdCkpXG4gICAgbGVmdC5kZWxldGUobmV4dClcbiAgICBvcmRlci5wdXNoKG5leHQpXG4gICAgd2luZG93LnB1c2gobmV4dClcbiAgfVxuICByZXR1cm4gb3JkZXJcbn1cblxuLyoqIFdoYXQgbWF5IGJlIHJlYWQgd2hlbiBlYWNoIGRlY2xhcmF0aW9uIGlzIGV2YWx1YXRlZDogd2hhdCBpdCBuYW1lcywgYW5kIHdoYXQgdGhhdCBtZW50aW9ucywgZm9yIGl0IG1heSBiZSBjYWxsZWQuICovXG5mdW5jdGlvbiBuZWVkc09mKGFsbDogcmVhZG9ubHkgRGVjbGFyYXRpb25bXSk6IFJlYWRvbmx5U2V0PG51bWJlcj5bXSB7XG4gIGNvbnN0IHBsYWNlcyA9IG5ldyBNYXAoYWxsLm1hcCgoeyBuYW1lIH0sIGluZGV4KSA9PiBbbmFtZSwgaW5kZXhdKSlcbiAgcmV0dXJuIGFsbC5tYXAoKHsgcmVhZHMgfSwgb3duKSA9PiB7XG4gICAgY29uc3QgbmVlZHMgPSBuZXcgU2V0PG51bWJlcj4oKVxuICAgIGNvbnN0IGZvbGxvdyA9IChuYW1lczogUmVhZG9ubHlTZXQ8c3RyaW5nPik6IHZvaWQgPT4ge1xuICAgICAgZm9yIChjb25zdCBuYW1lIG9mIG5hbWVzKSB7XG4gICAgICAgIGNvbnN0IGluZGV4ID0gcGxhY2VzLmdldChuYW1lKVxuICAgICAgICBpZiAoaW5kZXggPT09IHVuZGVmaW5lZCB8fCBpbmRleCA9PT0gb3duIHx8IG5lZWRzLmhhcyhpbmRleCkpIGNvbnRpbnVlXG4gICAgICAgIG5lZWRzLmFkZChpbmRleClcbiAgICAgICAgZm9sbG93KGFsbFtpbmRleF0hLm1lbnRpb25zKVxuICAgICAgfVxuICAgIH1cbiAgICBmb2xsb3cocmVhZHMpXG4gICAgcmV0dXJuIG5lZWRzXG4gIH0pXG59XG5cbi8qKiBUaGUgZGVjbGFyYXRpb25zIGFzIGEgYnVuZGxlciB3cml0ZXMgdGhlbS4gKi9cbmZ1bmN0aW9uIG1pbmlmaWVkKGFsbDogcmVhZG9ubHkgRGVjbGFyYXRpb25bXSk6IHN0cmluZ1tdIHtcbiAgY29uc3QgeyBjb2RlIH0gPSB0cmFuc2Zvcm1TeW5jKGFsbC5tYXAoKHsgdGV4dCB9KSA9PiB0ZXh0KS5qb2luKCdcXG4nKSwgeyBtaW5pZnk6IHRydWUsIGZvcm1hdDogJ2VzbScsIHRhcmdldDogJ2VzMjAyMicgfSlcbiAgY29uc3QgdGV4dHMgPSBwYXJzZWQoY29kZSkuc3RhdGVtZW50cy5mbGF0TWFwKChzdGF0ZW1lbnQpID0+IHtcbiAgICByZXR1cm4gdHMuaXNWYXJpYWJsZVN0YXRlbWVudChzdGF0ZW1lbnQpXG4gICAgICA/IHN0YXRlbWVudC5kZWNsYXJhdGlvbkxpc3QuZGVjbGFyYXRpb25zLm1hcCgocGFydCkgPT4gcGFydC5nZXRUZXh0KCkpXG4gICAgICA6IFtzdGF0ZW1lbnQuZ2V0VGV4dCgpXVxuICB9KVxuICBpZiAodGV4dHMubGVuZ3RoICE9PSBhbGwubGVuZ3RoKSB0aHJvdyBuZXcgRXJyb3IoJ1RoZSBtaW5pZmllciBoYXMgY2hhbmdlZCB0aGUgbnVtYmVyIG9mIGRlY2xhcmF0aW9ucy4nKVxuICByZXR1cm4gdGV4dHNcbn1cblxuLyoqIFRoZSB0ZXh0cyB0aGF0IHN0YW5kIGluIHRoZSB3aW5kb3cgb2YgZ3ppcCwgYW5kIHdoaWNoIHNoYXJlIG9mIG90aGVycyBzdGFuZHMgdGhlcmUgdG9vLCBtb3JlIG9yIGxlc3MuICovXG5jbGFzcyBXaW5kb3cge1xuICBwcml2YXRlIHJlYWRvbmx5IHJ1bnM6IFJlYWRvbmx5U2V0PHN0cmluZz5bXVxuICAvKiogV2hvIGhhcyBlYWNoIHJ1biB0aGF0IHNldmVyYWwgdGV4dHMgaGF2ZS4gKi9cbiAgcHJpdmF0ZSByZWFkb25seSBvd25lcnMgPSBuZXcgTWFwPHN0cmluZywgbnVtYmVyW10+KClcbiAgcHJpdmF0ZSByZWFkb25seSB3aG9sZTogbnVtYmVyW11cbiAgcHJpdmF0ZSByZWFkb25seSBmb3VuZDogbnVtYmVyW11cbiAgcHJpdmF0ZSByZWFkb25seSBjb3VudHMgPSBuZXcgTWFwPHN0cmluZywgbnVtYmVyPigpXG4gIHByaXZhdGUgcmVhZG9ubHkgaW5zaWRlOiBudW1iZXJbXSA9IFtdXG4gIHByaXZhdGUgYnl0ZXMgPSAwXG5cbiAgY29uc3RydWN0b3IoXG4gICAgcHJpdmF0ZSByZWFkb25seSB0ZXh0czogcmVhZG9ubHkgc3RyaW5nW10sXG4gICAgZXhwb25lbnQ6IG51bWJlcixcbiAgKSB7XG4gICAgdGhpcy5ydW5zID0gdGV4dHMubWFwKHJ1bnNPZilcbiAgICBmb3IgKGNvbnN0IFtpbmRleCwgcnVuc10gb2YgdGhpcy5ydW5zLmVudHJpZXMoKSkge1xuICAgICAgZm9yIChjb25zdCBydW4gb2YgcnVucykge1xuICAgICAgICBjb25zdCBvd25lcnMgPSB0aGlzLm93bmVycy5nZXQocnVuKVxuICAgICAgICBpZiAob3duZXJzID09PSB1bmRlZmluZWQpIHRoaXMub3duZXJzLnNldChydW4sIFtpbmRleF0pXG4gICAgICAgIGVsc2Ugb3duZXJzLnB1c2goaW5kZXgpXG4gICAgICB9XG4gICAgfVxuICAgIGZvciAoY29uc3QgW3J1biwgeyBsZW5ndGggfV0gb2YgdGhpcy5vd25lcnMpIGlmIChsZW5ndGggPT09IDEpIHRoaXMub3duZXJzLmRlbGV0ZShydW4pXG4gICAgdGhpcy5mb3VuZCA9IHRleHRzLm1hcCgoKSA9PiAwKVxuICAgIHRoaXMud2hvbGUgPSB0aGlzLnJ1bnMubWFwKChydW5zKSA9PiAoMSArIFsuLi5ydW5zXS5yZWR1Y2UoKHN1bSwgcnVuKSA9PiBzdW0gKyB0aGlzLndlaWdodChydW4pLCAwKSkgKiogZXhwb25lbnQpXG4gIH1cblxuICBzaGFyZShpbmRleDogbnVtYmVyKTogbnVtYmVyIHtcbiAgICByZXR1cm4gdGhpcy5mb3VuZFtpbmRleF0hIC8gdGhpcy53aG9sZVtpbmRleF0hXG4gIH1cblxuICBwdXNoKGluZGV4OiBudW1iZXIpOiB2b2lkIHtcbiAgICB0aGlzLmluc2lkZS5wdXNoKGluZGV4KVxuICAgIHRoaXMuYnl0ZXMgKz0gdGhpcy50ZXh0c1tpbmRleF0hLmxlbmd0aFxuICAgIHRoaXMuY291bnQoaW5kZXgsIDEpXG4gICAgd2hpbGUgKHRoaXMuYnl0ZXMgPiBXSU5ET1dfQllURVMgJiYgdGhpcy5pbnNpZGUubGVuZ3RoID4gMSkge1xuICAgICAgY29uc3Qgb2xkZXN0ID0gdGhpcy5pbnNpZGUuc2hpZnQoKSFcbiAgICAgIHRoaXMuYnl0ZXMgLT0gdGhpcy50ZXh0c1tvbGRlc3RdIS5sZW5ndGhcbiAgICAgIHRoaXMuY291bnQob2xkZXN0LCAtMSlcbiAgICB9XG4gIH1cblxuICBwcml2YXRlIGNvdW50KGluZGV4OiBudW1iZXIsIGJ5OiAxIHwgLTEpOiB2b2lkIHtcbiAgICBmb3IgKGNvbnN0IHJ1biBvZiB0aGlzLnJ1bnNbaW5kZXhdISkge1xuICAgICAgY29uc3QgYmVmb3JlID0gdGhpcy5jb3VudHMuZ2V0KHJ1bikgPz8gMFxuICAgICAgdGhpcy5jb3VudHMuc2V0KHJ1biwgYmVmb3JlICsgYnkpXG4gICAgICBpZiAoYmVmb3JlID4gMCAmJiBiZWZvcmUgKyBieSA+IDApIGNvbnRpbnVlXG4gICAgICBmb3IgKGNvbnN0IG93bmVyIG9mIHRoaXMub3duZXJzLmdldChydW4pID8/IFtdKSB0aGlzLmZvdW5kW293bmVyXSEgKz0gYnkgKiB0aGlzLndlaWdodChydW4pXG4gICAgfVxuICB9XG5cbiAgcHJpdmF0ZSB3ZWlnaHQocnVuOiBzdHJpbmcpOiBudW1iZXIge1xuICAgIGNvbnN0IG93bmVycyA9IHRoaXMub3duZXJzLmdldChydW4pXG4gICAgcmV0dXJuIG93bmVycyA9PT0gdW5kZWZpbmVkID8gMCA6IE1hdGgubG9nKHRoaXMudGV4dHMubGVuZ3RoIC8gb3duZXJzLmxlbmd0aClcbiAgfVxufVxuXG5mdW5jdGlvbiBydW5zT2YodGV4dDogc3RyaW5nKTogU2V0PHN0cmluZz4ge1xuICBjb25zdCBydW5zID0gbmV3IFNldDxzdHJpbmc+KClcbiAgZm9yIChsZXQgc3RhcnQgPSAwOyBzdGFydCArIFJVTl9MRU5HVEggPD0gdGV4dC5sZW5ndGg7IHN0YXJ0KyspIHJ1bnMuYWRkKHRleHQuc2xpY2Uoc3RhcnQsIHN0YXJ0ICsgUlVOX0xFTkdUSCkpXG4gIHJldHVybiBydW5zXG59XG5cbmZ1bmN0aW9uIHBhcnNlZChjb2RlOiBzdHJpbmcpOiB0cy5Tb3VyY2VGaWxlIHtcbiAgcmV0dXJuIHRzLmNyZWF0ZVNvdXJjZUZpbGUoJ2NodW5rLmpzJywgY29kZSwgdHMuU2NyaXB0VGFyZ2V0LkxhdGVzdCwgdHJ1ZSlcbn1cbiIsICJjb25zdCBfX2luamVjdGVkX2ZpbGVuYW1lX18gPSBcIi93b3JrL3d0L2NsdXN0ZXIvYnVpbGQvZWRpdHMudHNcIjtjb25zdCBfX2luamVjdGVkX2Rpcm5hbWVfXyA9IFwiL3dvcmsvd3QvY2x1c3Rlci9idWlsZFwiO2NvbnN0IF9faW5qZWN0ZWRfaW1wb3J0X21ldGFfdXJsX18gPSBcImZpbGU6Ly8vd29yay93dC9jbHVzdGVyL2J1aWxkL2VkaXRzLnRzXCI7LyoqIEEgcGllY2Ugb2YgYSBzb3VyY2UgdGhhdCB0aGUgYnVpbGQgd3JpdGVzIG90aGVyd2lzZS4gKi9cbmV4cG9ydCBpbnRlcmZhY2UgRWRpdCB7XG4gIHN0YXJ0OiBudW1iZXJcbiAgZW5kOiBudW1iZXJcbiAgdGV4dDogc3RyaW5nXG59XG5cbi8qKiBBIHRleHQgd2l0aCBpdHMgZWRpdHMgbWFkZTsgbm9uZSBvZiB0aGVtIG92ZXJsYXBzIGFub3RoZXIuICovXG5leHBvcnQgZnVuY3Rpb24gZWRpdGVkKHRleHQ6IHN0cmluZywgZWRpdHM6IHJlYWRvbmx5IEVkaXRbXSk6IHN0cmluZyB7XG4gIGNvbnN0IHBhcnRzOiBzdHJpbmdbXSA9IFtdXG4gIGxldCBlbmQgPSAwXG4gIGZvciAoY29uc3QgZWRpdCBvZiBbLi4uZWRpdHNdLnNvcnQoKGEsIGIpID0+IGEuc3RhcnQgLSBiLnN0YXJ0IHx8IGEuZW5kIC0gYi5lbmQpKSB7XG4gICAgcGFydHMucHVzaCh0ZXh0LnNsaWNlKGVuZCwgZWRpdC5zdGFydCksIGVkaXQudGV4dClcbiAgICBlbmQgPSBlZGl0LmVuZFxuICB9XG4gIHJldHVybiBwYXJ0cy5qb2luKCcnKSArIHRleHQuc2xpY2UoZW5kKVxufVxuIiwgImNvbnN0IF9faW5qZWN0ZWRfZmlsZW5hbWVfXyA9IFwiL3dvcmsvd3QvY2x1c3Rlci9idWlsZC9pbnRlcm5hbC1uYW1lcy50c1wiO2NvbnN0IF9faW5qZWN0ZWRfZGlybmFtZV9fID0gXCIvd29yay93dC9jbHVzdGVyL2J1aWxkXCI7Y29uc3QgX19pbmplY3RlZF9pbXBvcnRfbWV0YV91cmxfXyA9IFwiZmlsZTovLy93b3JrL3d0L2NsdXN0ZXIvYnVpbGQvaW50ZXJuYWwtbmFtZXMudHNcIjtpbXBvcnQgeyByZWFkZGlyU3luYywgcmVhZEZpbGVTeW5jIH0gZnJvbSAnbm9kZTpmcydcbmltcG9ydCB7IGpvaW4gfSBmcm9tICdub2RlOnBhdGgnXG5pbXBvcnQgdHMgZnJvbSAndHlwZXNjcmlwdCdcbmltcG9ydCB0eXBlIHsgU291cmNlcyB9IGZyb20gJy4vcHJvZ3JhbS5qcydcblxuLyoqXG4gKiBUaGUgbmFtZXMgb2YgcHJvcGVydGllcyB0aGF0IG5vYm9keSBvdXRzaWRlIG9mIHRoZSBzb3VyY2VzIGNhbiBzZWU6IG1lbWJlcnMgb2YgY2xhc3NlcyBhbmQgaW50ZXJmYWNlcyB0aGF0IG5vIGVudHJ5IHBvaW50IGdpdmVzXG4gKiBvdXQsIGFuZCB0aG9zZSB0aGF0IGEgY29tbWVudCBzYXlzIGFyZSBgQGludGVybmFsYC4gVGhlIGJ1aWxkIG1ha2VzIHRoZW0gc2hvcnQsIHdoaWNoIHNhdmVzIGV2ZXJ5IHBhZ2UgYSB0ZW50aCBvZiB0aGUgYnl0ZXMuXG4gKlxuICogQSBuYW1lIGlzIGxlZnQgYWxvbmUgd2hlcmUgYW55dGhpbmcgZWxzZSBiZWFycyBpdCB0b286IHdoYXQgYW4gZW50cnkgcG9pbnQgZXhwb3J0cywgYXQgYW55IGRlcHRoOyB0aGUgcGxhdGZvcm0gYW5kIHRoZSBwYWNrYWdlczsgYVxuICogdGV4dDsgYSBrZXkgb2YgYW4gb2JqZWN0IHRoYXQgaXMgdHlwZWQgYXMgbm90aGluZyBvZiBvdXJzLCBhcyBldmVyeSBwYXlsb2FkLCByZWNvcmQgYW5kIHNoYXBlIGlzLiBTbyB3aGF0ZXZlciB0cmF2ZWxzIG9yIGlzIHN0b3JlZFxuICoga2VlcHMgaXRzIGtleXMuXG4gKlxuICogUHJpdmF0ZSBtZW1iZXJzIG5lZWQgbm9uZSBvZiB0aGlzOyBzZWUgYHJlbmFtZVByaXZhdGVzYC5cbiAqXG4gKiBAcGFyYW0gZW50cmllcyB0aGUgZmlsZXMgb2YgdGhlIGVudHJ5IHBvaW50cy5cbiAqIEBwYXJhbSBwYWNrYWdlcyB0aGUgZm9sZGVycyBvZiB0aG9zZSB0aGF0IHNvbWUgYnVuZGxlIHRha2VzIGluOiBubyBuYW1lIGluIHRoZWlyIGNvZGUgaXMgdG91Y2hlZC5cbiAqL1xuZXhwb3J0IGZ1bmN0aW9uIGludGVybmFsTmFtZXMoc291cmNlczogU291cmNlcywgZW50cmllczogcmVhZG9ubHkgc3RyaW5nW10sIHBhY2thZ2VzOiByZWFkb25seSBzdHJpbmdbXSk6IHN0cmluZ1tdIHtcbiAgY29uc3QgeyBwcm9ncmFtLCBjaGVja2VyLCBmaWxlcyB9ID0gc291cmNlc1xuICBjb25zdCBvd24gPSBuZXcgU2V0KGZpbGVzKVxuICBjb25zdCBpbnNpZGUgPSBuZXcgU2V0PHN0cmluZz4oKVxuICBjb25zdCBvdXRzaWRlID0gbmV3IFNldDxzdHJpbmc+KFsuLi5wdWJsaWNTdXJmYWNlKHByb2dyYW0sIGNoZWNrZXIsIGVudHJpZXMpLCAuLi5uYW1lc0luKHBhY2thZ2VzKV0pXG4gIGNvbnN0IGlzT3VycyA9IChzeW1ib2w6IHRzLlN5bWJvbCk6IGJvb2xlYW4gPT5cbiAgICAoc3ltYm9sLmRlY2xhcmF0aW9ucyA/PyBbXSkubGVuZ3RoID4gMCAmJlxuICAgIHN5bWJvbC5kZWNsYXJhdGlvbnMhLmV2ZXJ5KChkZWNsYXJhdGlvbikgPT4ge1xuICAgICAgY29uc3Qgb3duZXIgPSBkZWNsYXJhdGlvbi5wYXJlbnRcbiAgICAgIGNvbnN0IGlzTWVtYmVyID1cbiAgICAgICAgdHMuaXNDbGFzc0xpa2Uob3duZXIpIHx8XG4gICAgICAgIHRzLmlzSW50ZXJmYWNlRGVjbGFyYXRpb24ob3duZXIpIHx8XG4gICAgICAgICh0cy5pc1R5cGVMaXRlcmFsTm9kZShvd25lcikgJiYgdHMuaXNUeXBlQWxpYXNEZWNsYXJhdGlvbihvd25lci5wYXJlbnQpKSB8fFxuICAgICAgICAodHMuaXNQYXJhbWV0ZXIoZGVjbGFyYXRpb24pICYmIHRzLmlzQ29uc3RydWN0b3JEZWNsYXJhdGlvbihvd25lcikpXG4gICAgICByZXR1cm4gaXNNZW1iZXIgJiYgb3duLmhhcyhkZWNsYXJhdGlvbi5nZXRTb3VyY2VGaWxlKCkpXG4gICAgfSlcbiAgY29uc3Qgbm90ZSA9IChuYW1lOiBzdHJpbmcsIHN5bWJvbDogdHMuU3ltYm9sIHwgdW5kZWZpbmVkKSA9PiB7XG4gICAgaWYgKHN5bWJvbCAhPT0gdW5kZWZpbmVkICYmIGlzT3VycyhzeW1ib2wpKSBpbnNpZGUuYWRkKG5hbWUpXG4gICAgZWxzZSBvdXRzaWRlLmFkZChuYW1lKVxuICB9XG4gIC8qKiBUaGUgbWVtYmVycyB0aGF0IGEga2V5IG9mIGFuIG9iamVjdCBzdGFuZHMgZm9yOyBub25lIG9mIG91cnMgd2hlcmUgdGhlIG9iamVjdCBpcyB0eXBlZCBhcyBub3RoaW5nIG9mIG91cnMuICovXG4gIGNvbnN0IGtleU9mID0gKGxpdGVyYWw6IHRzLk9iamVjdExpdGVyYWxFeHByZXNzaW9uLCBuYW1lOiBzdHJpbmcpOiB0cy5TeW1ib2wgfCB1bmRlZmluZWQgPT4ge1xuICAgIGNvbnN0IHR5cGUgPSBjaGVja2VyLmdldENvbnRleHR1YWxUeXBlKGxpdGVyYWwpXG4gICAgaWYgKHR5cGUgPT09IHVuZGVmaW5lZCkgcmV0dXJuIHVuZGVmaW5lZFxuICAgIGNvbnN0IHBhcnRzID0gdHlwZS5pc1VuaW9uKCkgPyB0eXBlLnR5cGVzIDogW3R5cGVdXG4gICAgY29uc3QgZm91bmQgPSBwYXJ0cy5mbGF0TWFwKChwYXJ0KSA9PiBjaGVja2VyLmdldFByb3BlcnR5T2ZUeXBlKGNoZWNrZXIuZ2V0Tm9uTnVsbGFibGVUeXBlKHBhcnQpLCBuYW1lKSA/PyBbXSlcbiAgICByZXR1cm4gZm91bmQubGVuZ3RoID4gMCAmJiBmb3VuZC5ldmVyeShpc091cnMpID8gZm91bmRbMF0gOiB1bmRlZmluZWRcbiAgfVxuICBjb25zdCB2aXNpdCA9IChub2RlOiB0cy5Ob2RlKTogdm9pZCA9PiB7XG4gICAgLy8gQSB0ZXh0IG9mIHNldmVyYWwgd29yZHMgbmFtZXMgbm8gcHJvcGVydHksIGFuZCB0aGUga2V5IG9mIGEgYFBpY2tgIGlzIG5vbmUgdGhhdCBhbnl0aGluZyBiZWFycyBidXQgd2hhdCBpdCBpcyBwaWNrZWQgZnJvbS5cbiAgICBpZiAoaXNQaWNrKG5vZGUpKSB7XG4gICAgICB2aXNpdChub2RlLnR5cGVBcmd1bWVudHMhWzBdISlcbiAgICAgIHJldHVyblxuICAgIH1cbiAgICBpZiAodHMuaXNTdHJpbmdMaXRlcmFsTGlrZShub2RlKSAmJiAvXltcXHckXSskLy50ZXN0KG5vZGUudGV4dCkpIG91dHNpZGUuYWRkKG5vZGUudGV4dClcbiAgICBpZiAodHMuaXNQcm9wZXJ0eUFjY2Vzc0V4cHJlc3Npb24obm9kZSkpIHtcbiAgICAgIGNvbnN0IHR5cGUgPSBjaGVja2VyLmdldFR5cGVBdExvY2F0aW9uKG5vZGUuZXhwcmVzc2lvbilcbiAgICAgIGNvbnN0IHBhcnRzID0gdHlwZS5pc1VuaW9uKCkgPyB0eXBlLnR5cGVzIDogW3R5cGVdXG4gICAgICBjb25zdCBzeW1ib2xzID0gcGFydHMubWFwKChwYXJ0KSA9PiBjaGVja2VyLmdldFByb3BlcnR5T2ZUeXBlKGNoZWNrZXIuZ2V0Tm9uTnVsbGFibGVUeXBlKHBhcnQpLCBub2RlLm5hbWUudGV4dCkpXG4gICAgICBjb25zdCBrbm93biA9IHN5bWJvbHMuZmlsdGVyKChzeW1ib2wpID0+IHN5bWJvbCAhPT0gdW5kZWZpbmVkKVxuICAgICAgaWYgKGtub3duLmxlbmd0aCA9PT0gMCkgbm90ZShub2RlLm5hbWUudGV4dCwgY2hlY2tlci5nZXRTeW1ib2xBdExvY2F0aW9uKG5vZGUubmFtZSkpXG4gICAgICBlbHNlIGZvciAoY29uc3Qgc3ltYm9sIG9mIGtub3duKSBub3RlKG5vZGUubmFtZS50ZXh0LCBzeW1ib2wpXG4gICAgfSBlbHNlIGlmIChcbiAgICAgICh0cy5pc1Byb3BlcnR5QXNzaWdubWVudChub2RlKSB8fFxuICAgICAgICB0cy5pc1Nob3J0aGFuZFByb3BlcnR5QXNzaWdubWVudChub2RlKSB8fFxuICAgICAgICB0cy5pc01ldGhvZERlY2xhcmF0aW9uKG5vZGUpIHx8XG4gICAgICAgIHRzLmlzQWNjZXNzb3Iobm9kZSkpICYmXG4gICAgICB0cy5pc09iamVjdExpdGVyYWxFeHByZXNzaW9uKG5vZGUucGFyZW50KVxuICAgICkge1xuICAgICAgaWYgKHRzLmlzSWRlbnRpZmllcihub2RlLm5hbWUpKSBub3RlKG5vZGUubmFtZS50ZXh0LCBrZXlPZihub2RlLnBhcmVudCwgbm9kZS5uYW1lLnRleHQpKVxuICAgIH0gZWxzZSBpZiAodHMuaXNCaW5kaW5nRWxlbWVudChub2RlKSAmJiB0cy5pc09iamVjdEJpbmRpbmdQYXR0ZXJuKG5vZGUucGFyZW50KSAmJiBub2RlLmRvdERvdERvdFRva2VuID09PSB1bmRlZmluZWQpIHtcbiAgICAgIGNvbnN0IG5hbWUgPSBub2RlLnByb3BlcnR5TmFtZSA/PyBub2RlLm5hbWVcbiAgICAgIGlmICh0cy5pc0lkZW50aWZpZXIobmFtZSkpIHtcbiAgICAgICAgY29uc3QgdHlwZSA9IGNoZWNrZXIuZ2V0VHlwZUF0TG9jYXRpb24obm9kZS5wYXJlbnQpXG4gICAgICAgIGNvbnN0IHBhcnRzID0gdHlwZS5pc1VuaW9uKCkgPyB0eXBlLnR5cGVzIDogW3R5cGVdXG4gICAgICAgIGZvciAoY29uc3QgcGFydCBvZiBwYXJ0cykgbm90ZShuYW1lLnRleHQsIGNoZWNrZXIuZ2V0UHJvcGVydHlPZlR5cGUoY2hlY2tlci5nZXROb25OdWxsYWJsZVR5cGUocGFydCksIG5hbWUudGV4dCkpXG4gICAgICB9XG4gICAgfSBlbHNlIGlmIChcbiAgICAgIHRzLmlzUHJvcGVydHlTaWduYXR1cmUobm9kZSkgJiZcbiAgICAgIHRzLmlzVHlwZUxpdGVyYWxOb2RlKG5vZGUucGFyZW50KSAmJlxuICAgICAgIXRzLmlzVHlwZUFsaWFzRGVjbGFyYXRpb24obm9kZS5wYXJlbnQucGFyZW50KSAmJlxuICAgICAgdHMuaXNJZGVudGlmaWVyKG5vZGUubmFtZSlcbiAgICApIHtcbiAgICAgIG91dHNpZGUuYWRkKG5vZGUubmFtZS50ZXh0KVxuICAgIH1cbiAgICB0cy5mb3JFYWNoQ2hpbGQobm9kZSwgdmlzaXQpXG4gIH1cbiAgZmlsZXMuZm9yRWFjaCh2aXNpdClcbiAgcmV0dXJuIFsuLi5pbnNpZGVdLmZpbHRlcigobmFtZSkgPT4gIW91dHNpZGUuaGFzKG5hbWUpICYmIG5hbWUubGVuZ3RoID4gMikuc29ydCgpXG59XG5cbi8qKiBFdmVyeSBuYW1lIHRoYXQgYSB1c2VyIG9mIHRoZSBlbnRyeSBwb2ludHMgY2FuIHJlYWQgb3Igd3JpdGUsIG9yIGhhcyB0byBpbXBsZW1lbnQuICovXG5mdW5jdGlvbiBwdWJsaWNTdXJmYWNlKHByb2dyYW06IHRzLlByb2dyYW0sIGNoZWNrZXI6IHRzLlR5cGVDaGVja2VyLCBlbnRyaWVzOiByZWFkb25seSBzdHJpbmdbXSk6IFNldDxzdHJpbmc+IHtcbiAgY29uc3QgbmFtZXMgPSBuZXcgU2V0PHN0cmluZz4oKVxuICBjb25zdCB0eXBlcyA9IG5ldyBTZXQ8dHMuVHlwZT4oKVxuICBjb25zdCBkZWNsYXJlZCA9IG5ldyBTZXQ8dHMuU3ltYm9sPigpXG4gIGNvbnN0IGFkZCA9ICh0eXBlOiB0cy5UeXBlIHwgdW5kZWZpbmVkKTogdm9pZCA9PiB7XG4gICAgaWYgKHR5cGUgIT09IHVuZGVmaW5lZCkgdHlwZXMuYWRkKHR5cGUpXG4gIH1cbiAgLyoqXG4gICAqIFdoZXRoZXIgdGhlIG1lbWJlcnMgb2YgYSB0eXBlIGFyZSB0byBiZSB3YWxrZWQ6IHRob3NlIG9mIGVhY2ggZGVjbGFyYXRpb24gYXJlLCBvbmNlLiBBIGNvb3JkaW5hdG9yIHdpdGggaXRzIHBsdWdpbnMgaXMgYSB0eXBlIHRoYXRcbiAgICogaG9sZHMgaXRzZWxmIHdpdGggZXZlciBtb3JlIGFyZ3VtZW50cywgYW5kIGFsbCBvZiBpdHMgaW5zdGFudGlhdGlvbnMgaGF2ZSB0aGUgbWVtYmVycyBvZiB0aGUgZGVjbGFyYXRpb24uXG4gICAqL1xuICBjb25zdCBpc0ZpcnN0ID0gKHR5cGU6IHRzLlR5cGUpOiBib29sZWFuID0+IHtcbiAgICBjb25zdCBzeW1ib2wgPSB0eXBlLmFsaWFzU3ltYm9sID8/IHR5cGUuc3ltYm9sXG4gICAgaWYgKHN5bWJvbCA9PT0gdW5kZWZpbmVkKSByZXR1cm4gdHJ1ZVxuICAgIGlmIChkZWNsYXJlZC5oYXMoc3ltYm9sKSkgcmV0dXJuIGZhbHNlXG4gICAgZGVjbGFyZWQuYWRkKHN5bWJvbClcbiAgICAvLyBBIGNsYXNzIGlzIHR3byB0eXBlczogaXRzIGluc3RhbmNlcywgYW5kIGl0c2VsZiwgd2hpY2ggb25seSB0aG9zZSBzZWUgd2hvIGFyZSBnaXZlbiBpdC5cbiAgICBpZiAoc3ltYm9sLmZsYWdzICYgdHMuU3ltYm9sRmxhZ3MuVHlwZSkgbWVtYmVyc09mKGNoZWNrZXIuZ2V0RGVjbGFyZWRUeXBlT2ZTeW1ib2woc3ltYm9sKSlcbiAgICByZXR1cm4gdHJ1ZVxuICB9XG4gIC8qKiBgUGljazxPcHRpb25zLCAnYSc+YCB1bmRlciBhIG5hbWUgb2YgaXRzIG93biBkb2VzIG5vdCB0ZWxsIG9mIGBPcHRpb25zYCwgd2hpY2ggaXRzIGRlY2xhcmF0aW9uIHRlbGxzIHRoZSB1c2VyIGFsbCB0aGUgc2FtZS4gKi9cbiAgY29uc3QgYXJndW1lbnRzSW4gPSAobm9kZTogdHMuTm9kZSk6IHZvaWQgPT4ge1xuICAgIGlmICh0cy5pc1R5cGVSZWZlcmVuY2VOb2RlKG5vZGUpKSBmb3IgKGNvbnN0IGFyZ3VtZW50IG9mIG5vZGUudHlwZUFyZ3VtZW50cyA/PyBbXSkgYWRkKGNoZWNrZXIuZ2V0VHlwZUZyb21UeXBlTm9kZShhcmd1bWVudCkpXG4gICAgdHMuZm9yRWFjaENoaWxkKG5vZGUsIGFyZ3VtZW50c0luKVxuICB9XG4gIC8qKiBXaGF0IHRoZSBwbGF0Zm9ybSdzIG93biB0eXBlcyBoYXZlIGlzIG1ldCB3aGVyZSBpdCBpcyB1c2VkLiAqL1xuICBjb25zdCBpc0ZvcmVpZ24gPSAoZGVjbGFyYXRpb25zOiByZWFkb25seSB0cy5EZWNsYXJhdGlvbltdKTogYm9vbGVhbiA9PlxuICAgIGRlY2xhcmF0aW9ucy5sZW5ndGggPiAwICYmXG4gICAgZGVjbGFyYXRpb25zLmV2ZXJ5KFxuICAgICAgKGRlY2xhcmF0aW9uKSA9PlxuICAgICAgICBwcm9ncmFtLmlzU291cmNlRmlsZURlZmF1bHRMaWJyYXJ5KGRlY2xhcmF0aW9uLmdldFNvdXJjZUZpbGUoKSkgfHxcbiAgICAgICAgZGVjbGFyYXRpb24uZ2V0U291cmNlRmlsZSgpLmZpbGVOYW1lLmluY2x1ZGVzKCcvbm9kZV9tb2R1bGVzLycpLFxuICAgIClcbiAgY29uc3Qgd2FsayA9ICh0eXBlOiB0cy5UeXBlKTogdm9pZCA9PiB7XG4gICAgaWYgKHR5cGUuaXNVbmlvbk9ySW50ZXJzZWN0aW9uKCkpIHR5cGUudHlwZXMuZm9yRWFjaChhZGQpXG4gICAgZm9yIChjb25zdCBhcmd1bWVudCBvZiBpc1JlZmVyZW5jZSh0eXBlKSA/IGNoZWNrZXIuZ2V0VHlwZUFyZ3VtZW50cyh0eXBlKSA6IFtdKSBhZGQoYXJndW1lbnQpXG4gICAgdHlwZS5hbGlhc1R5cGVBcmd1bWVudHM/LmZvckVhY2goYWRkKVxuICAgIHR5cGUuYWxpYXNTeW1ib2w/LmRlY2xhcmF0aW9ucz8uZm9yRWFjaChhcmd1bWVudHNJbilcbiAgICBpZiAodHlwZS5pc1R5cGVQYXJhbWV0ZXIoKSkgYWRkKHR5cGUuZ2V0Q29uc3RyYWludCgpKVxuICAgIGlmICh0eXBlLmZsYWdzICYgdHMuVHlwZUZsYWdzLkNvbmRpdGlvbmFsKSB7XG4gICAgICBjb25zdCB7IG5vZGUgfSA9ICh0eXBlIGFzIHRzLkNvbmRpdGlvbmFsVHlwZSkucm9vdFxuICAgICAgYWRkKGNoZWNrZXIuZ2V0VHlwZUZyb21UeXBlTm9kZShub2RlLnRydWVUeXBlKSlcbiAgICAgIGFkZChjaGVja2VyLmdldFR5cGVGcm9tVHlwZU5vZGUobm9kZS5mYWxzZVR5cGUpKVxuICAgIH1cbiAgICBpZiAodHlwZS5mbGFncyAmIHRzLlR5cGVGbGFncy5PYmplY3QgJiYgIWlzRm9yZWlnbih0eXBlLnN5bWJvbD8uZGVjbGFyYXRpb25zID8/IFtdKSAmJiBpc0ZpcnN0KHR5cGUpKSBtZW1iZXJzT2YodHlwZSlcbiAgfVxuICBjb25zdCBtZW1iZXJzT2YgPSAodHlwZTogdHMuVHlwZSk6IHZvaWQgPT4ge1xuICAgIGNvbnN0IHByb3BlcnRpZXMgPSBjaGVja2VyLmdldFByb3BlcnRpZXNPZlR5cGUodHlwZSkuZmlsdGVyKChwcm9wZXJ0eSkgPT4gIWlzUHJpdmF0ZShwcm9wZXJ0eSkgJiYgIWlzSW50ZXJuYWwocHJvcGVydHkpKVxuICAgIHR5cGUuZ2V0QmFzZVR5cGVzKCk/LmZvckVhY2goYWRkKVxuICAgIGZvciAoY29uc3QgcHJvcGVydHkgb2YgcHJvcGVydGllcykge1xuICAgICAgbmFtZXMuYWRkKHByb3BlcnR5Lm5hbWUpXG4gICAgICBpZiAocHJvcGVydHkuZGVjbGFyYXRpb25zPy5sZW5ndGgpIGFkZChjaGVja2VyLmdldFR5cGVPZlN5bWJvbChwcm9wZXJ0eSkpXG4gICAgfVxuICAgIGZvciAoY29uc3Qgc2lnbmF0dXJlIG9mIFsuLi50eXBlLmdldENhbGxTaWduYXR1cmVzKCksIC4uLnR5cGUuZ2V0Q29uc3RydWN0U2lnbmF0dXJlcygpXSkge1xuICAgICAgYWRkKHNpZ25hdHVyZS5nZXRSZXR1cm5UeXBlKCkpXG4gICAgICBmb3IgKGNvbnN0IHBhcmFtZXRlciBvZiBzaWduYXR1cmUuZ2V0UGFyYW1ldGVycygpKSBhZGQoY2hlY2tlci5nZXRUeXBlT2ZTeW1ib2wocGFyYW1ldGVyKSlcbiAgICAgIHNpZ25hdHVyZS5nZXRUeXBlUGFyYW1ldGVycygpPy5mb3JFYWNoKGFkZClcbiAgICB9XG4gICAgZm9yIChjb25zdCBpbmRleCBvZiBjaGVja2VyLmdldEluZGV4SW5mb3NPZlR5cGUodHlwZSkpIGFkZChpbmRleC50eXBlKVxuICB9XG4gIGZvciAoY29uc3QgZW50cnkgb2YgZW50cmllcykge1xuICAgIGNvbnN0IGZpbGUgPSBwcm9ncmFtLmdldFNvdXJjZUZpbGUoZW50cnkpXG4gICAgY29uc3QgbW9kdWxlID0gZmlsZSAmJiBjaGVja2VyLmdldFN5bWJvbEF0TG9jYXRpb24oZmlsZSlcbiAgICBmb3IgKGNvbnN0IHN5bWJvbCBvZiBtb2R1bGUgPT09IHVuZGVmaW5lZCA/IFtdIDogY2hlY2tlci5nZXRFeHBvcnRzT2ZNb2R1bGUobW9kdWxlKSkge1xuICAgICAgY29uc3QgdGFyZ2V0ID0gc3ltYm9sLmZsYWdzICYgdHMuU3ltYm9sRmxhZ3MuQWxpYXMgPyBjaGVja2VyLmdldEFsaWFzZWRTeW1ib2woc3ltYm9sKSA6IHN5bWJvbFxuICAgICAgaWYgKHRhcmdldC5mbGFncyAmIHRzLlN5bWJvbEZsYWdzLlZhbHVlICYmICFpc1R5cGVPbmx5KHN5bWJvbCkpIHtcbiAgICAgICAgY29uc3QgdmFsdWUgPSBjaGVja2VyLmdldFR5cGVPZlN5bWJvbCh0YXJnZXQpXG4gICAgICAgIGFkZCh2YWx1ZSlcbiAgICAgICAgbWVtYmVyc09mKHZhbHVlKVxuICAgICAgfVxuICAgICAgaWYgKHRhcmdldC5mbGFncyAmIHRzLlN5bWJvbEZsYWdzLlR5cGUpIGFkZChjaGVja2VyLmdldERlY2xhcmVkVHlwZU9mU3ltYm9sKHRhcmdldCkpXG4gICAgfVxuICB9XG4gIGZvciAoY29uc3QgdHlwZSBvZiB0eXBlcykgd2Fsayh0eXBlKVxuICByZXR1cm4gbmFtZXNcbn1cblxuLyoqIFdoZXRoZXIgYSB0eXBlIGlzIG9uZSBwYXJ0IG9mIGFub3RoZXI6IGl0cyBrZXlzIGFyZSBubyB0ZXh0cyBvZiB0aGUgcHJvZ3JhbS4gKi9cbmV4cG9ydCBmdW5jdGlvbiBpc1BpY2sobm9kZTogdHMuTm9kZSk6IG5vZGUgaXMgdHMuTm9kZVdpdGhUeXBlQXJndW1lbnRzIHtcbiAgaWYgKCF0cy5pc1R5cGVSZWZlcmVuY2VOb2RlKG5vZGUpICYmICF0cy5pc0V4cHJlc3Npb25XaXRoVHlwZUFyZ3VtZW50cyhub2RlKSkgcmV0dXJuIGZhbHNlXG4gIGNvbnN0IG5hbWUgPSB0cy5pc1R5cGVSZWZlcmVuY2VOb2RlKG5vZGUpID8gbm9kZS50eXBlTmFtZSA6IG5vZGUuZXhwcmVzc2lvblxuICByZXR1cm4gbm9kZS50eXBlQXJndW1lbnRzPy5sZW5ndGggPT09IDIgJiYgdHMuaXNJZGVudGlmaWVyKG5hbWUpICYmIC9eKFBpY2t8T21pdCkkLy50ZXN0KG5hbWUudGV4dClcbn1cblxuLyoqIFdoZXRoZXIgYW4gZW50cnkgcG9pbnQgZ2l2ZXMgb3V0IGEgdHlwZSBhbG9uZSwgYXMgYGV4cG9ydCB0eXBlIHsgVG9waWNzIH1gOiBub2JvZHkgY29uc3RydWN0cyBpdC4gKi9cbmZ1bmN0aW9uIGlzVHlwZU9ubHkoc3ltYm9sOiB0cy5TeW1ib2wpOiBib29sZWFuIHtcbiAgcmV0dXJuIChzeW1ib2wuZGVjbGFyYXRpb25zID8/IFtdKS5zb21lKFxuICAgIChleHBvcnRlZCkgPT4gdHMuaXNFeHBvcnRTcGVjaWZpZXIoZXhwb3J0ZWQpICYmIChleHBvcnRlZC5pc1R5cGVPbmx5IHx8IGV4cG9ydGVkLnBhcmVudC5wYXJlbnQuaXNUeXBlT25seSksXG4gIClcbn1cblxuZnVuY3Rpb24gaXNQcml2YXRlKHByb3BlcnR5OiB0cy5TeW1ib2wpOiBib29sZWFuIHtcbiAgcmV0dXJuIChwcm9wZXJ0eS5kZWNsYXJhdGlvbnMgPz8gW10pLnNvbWUoXG4gICAgKGRlY2xhcmF0aW9uKSA9PiAodHMuZ2V0Q29tYmluZWRNb2RpZmllckZsYWdzKGRlY2xhcmF0aW9uKSAmIHRzLk1vZGlmaWVyRmxhZ3MuUHJpdmF0ZSkgIT09IDAsXG4gIClcbn1cblxuLyoqIFdoZXRoZXIgYSBtZW1iZXIgaXMgZm9yIHRoZSBTREsncyBvd24gcGFydHMsIGFzIGl0cyBjb21tZW50IHNheXMgYnkgYEBpbnRlcm5hbGA6IHRoZSB0eXBlcyB0aGF0IGFyZSBzaGlwcGVkIGRvIG5vdCBoYXZlIGl0LiAqL1xuZnVuY3Rpb24gaXNJbnRlcm5hbChwcm9wZXJ0eTogdHMuU3ltYm9sKTogYm9vbGVhbiB7XG4gIHJldHVybiBwcm9wZXJ0eS5nZXRKc0RvY1RhZ3MoKS5zb21lKCh7IG5hbWUgfSkgPT4gbmFtZSA9PT0gJ2ludGVybmFsJylcbn1cblxuZnVuY3Rpb24gaXNSZWZlcmVuY2UodHlwZTogdHMuVHlwZSk6IHR5cGUgaXMgdHMuVHlwZVJlZmVyZW5jZSB7XG4gIHJldHVybiAoKHR5cGUgYXMgdHMuT2JqZWN0VHlwZSkub2JqZWN0RmxhZ3MgJiB0cy5PYmplY3RGbGFncy5SZWZlcmVuY2UpICE9PSAwXG59XG5cbi8qKiBUaGUgbmFtZXMgb2YgcHJvcGVydGllcyBpbiB0aGUgY29kZSBvZiBwYWNrYWdlcywgYW5kIHRoZWlyIHRleHRzOyBhIGxvY2FsIHZhcmlhYmxlIG9yIGEgY29tbWVudCBnaXZlcyBub25lLiAqL1xuZnVuY3Rpb24gbmFtZXNJbihmb2xkZXJzOiByZWFkb25seSBzdHJpbmdbXSk6IFNldDxzdHJpbmc+IHtcbiAgY29uc3QgbmFtZXMgPSBuZXcgU2V0PHN0cmluZz4oKVxuICBjb25zdCB2aXNpdCA9IChub2RlOiB0cy5Ob2RlKTogdm9pZCA9PiB7XG4gICAgaWYgKHRzLmlzU3RyaW5nTGl0ZXJhbExpa2Uobm9kZSkgfHwgKHRzLmlzSWRlbnRpZmllcihub2RlKSAmJiBpc1Byb3BlcnR5KG5vZGUpKSkgbmFtZXMuYWRkKG5vZGUudGV4dClcbiAgICB0cy5mb3JFYWNoQ2hpbGQobm9kZSwgdmlzaXQpXG4gIH1cbiAgZm9yIChjb25zdCBmb2xkZXIgb2YgZm9sZGVycykge1xuICAgIGZvciAoY29uc3QgZmlsZSBvZiByZWFkZGlyU3luYyhmb2xkZXIsIHsgcmVjdXJzaXZlOiB0cnVlLCBlbmNvZGluZzogJ3V0ZjgnIH0pKSB7XG4gICAgICBpZiAoIS9cXC5bY21dP2pzJC8udGVzdChmaWxlKSkgY29udGludWVcbiAgICAgIHZpc2l0KHRzLmNyZWF0ZVNvdXJjZUZpbGUoZmlsZSwgcmVhZEZpbGVTeW5jKGpvaW4oZm9sZGVyLCBmaWxlKSwgJ3V0ZjgnKSwgdHMuU2NyaXB0VGFyZ2V0LkxhdGVzdCwgdHJ1ZSwgdHMuU2NyaXB0S2luZC5KUykpXG4gICAgfVxuICB9XG4gIHJldHVybiBuYW1lc1xufVxuXG4vKiogV2hldGhlciBhbiBpZGVudGlmaWVyIG5hbWVzIGEgcHJvcGVydHk6IGFmdGVyIGEgZG90LCBvciBpbiBhbiBvYmplY3QsIGEgY2xhc3Mgb3IgYSBwYXR0ZXJuLiAqL1xuZnVuY3Rpb24gaXNQcm9wZXJ0eSh7IHBhcmVudCB9OiB0cy5JZGVudGlmaWVyKTogYm9vbGVhbiB7XG4gIHJldHVybiAoXG4gICAgdHMuaXNQcm9wZXJ0eUFjY2Vzc0V4cHJlc3Npb24ocGFyZW50KSB8fFxuICAgIHRzLmlzT2JqZWN0TGl0ZXJhbEVsZW1lbnRMaWtlKHBhcmVudCkgfHxcbiAgICB0cy5pc0NsYXNzRWxlbWVudChwYXJlbnQpIHx8XG4gICAgdHMuaXNCaW5kaW5nRWxlbWVudChwYXJlbnQpIHx8XG4gICAgdHMuaXNFeHBvcnRTcGVjaWZpZXIocGFyZW50KSB8fFxuICAgIHRzLmlzSW1wb3J0U3BlY2lmaWVyKHBhcmVudClcbiAgKVxufVxuIiwgImNvbnN0IF9faW5qZWN0ZWRfZmlsZW5hbWVfXyA9IFwiL3dvcmsvd3QvY2x1c3Rlci9idWlsZC9sZXR0ZXJzLnRzXCI7Y29uc3QgX19pbmplY3RlZF9kaXJuYW1lX18gPSBcIi93b3JrL3d0L2NsdXN0ZXIvYnVpbGRcIjtjb25zdCBfX2luamVjdGVkX2ltcG9ydF9tZXRhX3VybF9fID0gXCJmaWxlOi8vL3dvcmsvd3QvY2x1c3Rlci9idWlsZC9sZXR0ZXJzLnRzXCI7aW1wb3J0IHRzIGZyb20gJ3R5cGVzY3JpcHQnXG5pbXBvcnQgdHlwZSB7IFNvdXJjZXMgfSBmcm9tICcuL3Byb2dyYW0uanMnXG5cbi8qKlxuICogVGhlIGxldHRlcnMgb2YgdGhlIG5hbWVzIHRoYXQgYXJlIG1ldCBtb3N0IG9mdGVuLCB0aGUgc2FtZSBpbiBldmVyeSBidWlsZDogd2hpY2ggbGV0dGVyIGEgbmFtZSBoYXMgbW92ZXMgd2hhdCBhIHBhZ2UgbG9hZHMgYnkgdXAgdG8gNDAwXG4gKiBieXRlcyBjb21wcmVzc2VkLCBzbyBpdCBkb2VzIG5vdCBoYW5nIG9uIGhvdyBvZnRlbiBvdGhlciBlbnRyaWVzIHVzZSBpdC4gRm91bmQgYnkgZXhjaGFuZ2luZyBsZXR0ZXJzIGF0IHJhbmRvbSB3aGVyZXZlciB0aGF0IG1hZGUgY29yZVxuICogYW5kIGZ1bGwgY29vcmRpbmF0b3Igc21hbGxlciwgc29tZSBmb3VyIHRob3VzYW5kIHRpbWVzOyBhbnkgb3RoZXJzIHdvdWxkIGRvLlxuICovXG5leHBvcnQgY29uc3QgTEVUVEVSUzogUmVhZG9ubHk8UmVjb3JkPHN0cmluZywgc3RyaW5nPj4gPSB7XG4gIGNoYXJnZTogJ0cnLFxuICBmMCQ6ICdmJyxcbiAgZjEkOiAnbCcsXG4gIGYxMCQ6ICckJyxcbiAgZjExJDogJ1UnLFxuICBmMTIkOiAnSScsXG4gIGYxMyQ6ICdEJyxcbiAgZjE0JDogJ3EnLFxuICBmMTUkOiAnaicsXG4gIGYxNiQ6ICdKJyxcbiAgZjE4JDogJ1gnLFxuICBmMiQ6ICd1JyxcbiAgZjIxJDogJ1cnLFxuICBmMyQ6ICdPJyxcbiAgZjQkOiAnUycsXG4gIGY1JDogJ00nLFxuICBmNiQ6ICd3JyxcbiAgZjckOiAnUCcsXG4gIGY4JDogJ2cnLFxuICBmOSQ6ICdGJyxcbiAganVkZ2U6ICdIJyxcbiAgbTAkOiAndCcsXG4gIG0xJDogJ2UnLFxuICBtMTAkOiAnUicsXG4gIG0xMSQ6ICdUJyxcbiAgbTEyJDogJ0EnLFxuICBtMTMkOiAnVicsXG4gIG0xNCQ6ICdDJyxcbiAgbTE1JDogJ0InLFxuICBtMTYkOiAnUScsXG4gIG0xNyQ6ICd6JyxcbiAgbTIkOiAnaScsXG4gIG0yMCQ6ICdZJyxcbiAgbTIxJDogJ1onLFxuICBtMjYkOiAnXycsXG4gIG0zJDogJ3InLFxuICBtNCQ6ICdvJyxcbiAgbTUkOiAnYycsXG4gIG02JDogJ20nLFxuICBtNyQ6ICdMJyxcbiAgbTgkOiAnRScsXG4gIG05JDogJ2snLFxuICBuYW1lczogJ0snLFxuICBwdWJsaXNoZXI6ICdOJyxcbn1cblxuLyoqIEB0aHJvd3MgRXJyb3Igd2hlcmUgYSBzb3VyY2UgaGFzIGEgcHJvcGVydHkgb2Ygb25lIGxldHRlciB0aGF0IGlzIGluIHRoZSB0YWJsZTogYW4gb2JqZWN0IG9mIG91cnMgY291bGQgaGF2ZSBib3RoLiAqL1xuZXhwb3J0IGZ1bmN0aW9uIGNoZWNrTGV0dGVycyh7IGZpbGVzIH06IFNvdXJjZXMpOiB2b2lkIHtcbiAgY29uc3QgZ2l2ZW4gPSBuZXcgU2V0KE9iamVjdC52YWx1ZXMoTEVUVEVSUykpXG4gIGNvbnN0IHZpc2l0ID0gKG5vZGU6IHRzLk5vZGUpOiB2b2lkID0+IHtcbiAgICBpZiAodHMuaXNJZGVudGlmaWVyKG5vZGUpICYmIGdpdmVuLmhhcyhub2RlLnRleHQpICYmIGlzTmFtZShub2RlKSkge1xuICAgICAgdGhyb3cgbmV3IEVycm9yKFxuICAgICAgICBgJHtub2RlLmdldFNvdXJjZUZpbGUoKS5maWxlTmFtZX06IHRoZSBwcm9wZXJ0eSAke25vZGUudGV4dH0gaXMgYSBuYW1lIHRoYXQgdGhlIGJ1aWxkIGdpdmVzIHRvIG90aGVycy4gV3JpdGUgYSBsb25nZXIgb25lLmAsXG4gICAgICApXG4gICAgfVxuICAgIHRzLmZvckVhY2hDaGlsZChub2RlLCB2aXNpdClcbiAgfVxuICBmaWxlcy5mb3JFYWNoKHZpc2l0KVxufVxuXG4vKiogV2hldGhlciBhbiBpZGVudGlmaWVyIG5hbWVzIGEgcHJvcGVydHkgb2YgYW4gb2JqZWN0LiAqL1xuZnVuY3Rpb24gaXNOYW1lKG5vZGU6IHRzLklkZW50aWZpZXIpOiBib29sZWFuIHtcbiAgY29uc3QgeyBwYXJlbnQgfSA9IG5vZGVcbiAgaWYgKHRzLmlzQmluZGluZ0VsZW1lbnQocGFyZW50KSlcbiAgICByZXR1cm4gdHMuaXNPYmplY3RCaW5kaW5nUGF0dGVybihwYXJlbnQucGFyZW50KSAmJiAocGFyZW50LnByb3BlcnR5TmFtZSA/PyBwYXJlbnQubmFtZSkgPT09IG5vZGVcbiAgY29uc3QgaXNNZW1iZXIgPSB0cy5pc1Byb3BlcnR5QWNjZXNzRXhwcmVzc2lvbihwYXJlbnQpIHx8IHRzLmlzT2JqZWN0TGl0ZXJhbEVsZW1lbnRMaWtlKHBhcmVudCkgfHwgdHMuaXNDbGFzc0VsZW1lbnQocGFyZW50KVxuICByZXR1cm4gaXNNZW1iZXIgJiYgcGFyZW50Lm5hbWUgPT09IG5vZGVcbn1cbiIsICJjb25zdCBfX2luamVjdGVkX2ZpbGVuYW1lX18gPSBcIi93b3JrL3d0L2NsdXN0ZXIvYnVpbGQvcHJpdmF0ZS1uYW1lcy50c1wiO2NvbnN0IF9faW5qZWN0ZWRfZGlybmFtZV9fID0gXCIvd29yay93dC9jbHVzdGVyL2J1aWxkXCI7Y29uc3QgX19pbmplY3RlZF9pbXBvcnRfbWV0YV91cmxfXyA9IFwiZmlsZTovLy93b3JrL3d0L2NsdXN0ZXIvYnVpbGQvcHJpdmF0ZS1uYW1lcy50c1wiO2ltcG9ydCB0cyBmcm9tICd0eXBlc2NyaXB0J1xuaW1wb3J0IHR5cGUgeyBFZGl0IH0gZnJvbSAnLi9lZGl0cy5qcydcbmltcG9ydCB7IGlzUGljayB9IGZyb20gJy4vaW50ZXJuYWwtbmFtZXMuanMnXG5pbXBvcnQgdHlwZSB7IFNvdXJjZXMgfSBmcm9tICcuL3Byb2dyYW0uanMnXG5cbi8qKiBXaGF0IGEgcHJpdmF0ZSBtZW1iZXIgaXMgY2FsbGVkIG9uIGl0cyB3YXkgdGhyb3VnaCB0aGUgYnVpbGQsIGFuZCBub3RoaW5nIGVsc2UgaXM6IHRoZSBidWlsZCBtYWtlcyBpdCBzaG9ydCwgd2hhdGV2ZXIgYmVhcnMgdGhlIG5hbWUgdG9vLiAqL1xuZXhwb3J0IGNvbnN0IFBSSVZBVEVfTkFNRSA9IC9eXFx3K1xcJCQvXG5cbi8qKlxuICogV2hhdCBnaXZlcyBwcml2YXRlIG1lbWJlcnMgb3RoZXIgbmFtZXM6IHRoZSBmaWVsZHMgb2YgZWFjaCBjbGFzcyBhcmUgYG0wJGAsIGBtMSRgIGFuZCBzbyBvbiwgdGhvc2UgZmlyc3QgdGhhdCBpdHMgY29uc3RydWN0b3IgaXNcbiAqIGdpdmVuLCBhbmQgaXRzIG1ldGhvZHMgYGYwJGAsIGBmMSRgLiBOb2JvZHkgYnV0IHRoZSBjbGFzcyByZWFkcyB0aGVtLCBzbyBjbGFzc2VzIG1heSBjYWxsIHRoZWlycyBhbGlrZSwgYW5kIHdoYXQgbG9va3MgYWxpa2UgdGFrZXMgZmV3XG4gKiBieXRlcyBjb21wcmVzc2VkLiBBIHByaXZhdGUgbWVtYmVyIGlzIGZvdW5kIGJ5IGl0cyBkZWNsYXJhdGlvbiwgc28gdGhlIHNhbWUgbmFtZSBlbHNld2hlcmUsIGFzIGFuIG9wdGlvbiwgYW4gZXZlbnQgb3IgYSBwdWJsaWNcbiAqIG1lbWJlciwgc3RheXMgd2hhdCBpdCBpcy5cbiAqXG4gKiBAcmV0dXJucyB0aGUgZWRpdHMgb2YgdGhvc2UgZmlsZXMgdGhhdCBoYXZlIHByaXZhdGUgbWVtYmVycy5cbiAqL1xuZXhwb3J0IGZ1bmN0aW9uIHJlbmFtZVByaXZhdGVzKHNvdXJjZXM6IFNvdXJjZXMsIG5hbWVzOiBQcml2YXRlTmFtZXMsIHNoYXJlZDogUmVhZG9ubHlNYXA8c3RyaW5nLCBzdHJpbmc+KTogTWFwPHN0cmluZywgRWRpdFtdPiB7XG4gIGNvbnN0IHsgY2hlY2tlciB9ID0gc291cmNlc1xuICBjb25zdCByZW5hbWVkID0gbmV3IE1hcDxzdHJpbmcsIEVkaXRbXT4oKVxuICBmb3IgKGNvbnN0IGZpbGUgb2Ygc291cmNlcy5maWxlcykge1xuICAgIGNvbnN0IGVkaXRzOiBFZGl0W10gPSBbXVxuICAgIGNvbnN0IHJlbmFtZWRBdCA9IChub2RlOiB0cy5JZGVudGlmaWVyKTogc3RyaW5nIHwgdW5kZWZpbmVkID0+IHtcbiAgICAgIGNvbnN0IG93biA9IG5hbWVzLmF0KG5vZGUpXG4gICAgICBjb25zdCBrZXkgPSBzaGFyZWQuZ2V0KG5vZGUudGV4dClcbiAgICAgIC8vIGB7IGNsb2NrIH1gIG5hbWVzIGEgcHJvcGVydHkgYW5kIGEgcHJpdmF0ZSBtZW1iZXIuXG4gICAgICBpZiAob3duICE9PSB1bmRlZmluZWQgJiYga2V5ICE9PSB1bmRlZmluZWQgJiYgdHMuaXNTaG9ydGhhbmRQcm9wZXJ0eUFzc2lnbm1lbnQobm9kZS5wYXJlbnQpKVxuICAgICAgICByZXR1cm4gb3duLnJlcGxhY2Uobm9kZS50ZXh0LCBrZXkpXG4gICAgICByZXR1cm4gb3duID8/IHNoYXJlZEF0KG5vZGUsIHNoYXJlZCwgY2hlY2tlcilcbiAgICB9XG4gICAgY29uc3QgdmlzaXQgPSAobm9kZTogdHMuTm9kZSk6IHZvaWQgPT4ge1xuICAgICAgY29uc3QgdGV4dCA9IHRzLmlzSWRlbnRpZmllcihub2RlKVxuICAgICAgICA/IHJlbmFtZWRBdChub2RlKVxuICAgICAgICA6IGlzVHlwZUtleShub2RlKVxuICAgICAgICAgID8gbmFtZXMub2ZLZXkobm9kZSlcbiAgICAgICAgICA6IGlzUGlja0tleShub2RlKSAmJiBzaGFyZWQuaGFzKG5vZGUudGV4dClcbiAgICAgICAgICAgID8gYCcke3NoYXJlZC5nZXQobm9kZS50ZXh0KX0nYFxuICAgICAgICAgICAgOiB1bmRlZmluZWRcbiAgICAgIGlmICh0ZXh0ICE9PSB1bmRlZmluZWQpIGVkaXRzLnB1c2goeyBzdGFydDogbm9kZS5nZXRTdGFydCgpLCBlbmQ6IG5vZGUuZW5kLCB0ZXh0IH0pXG4gICAgICB0cy5mb3JFYWNoQ2hpbGQobm9kZSwgdmlzaXQpXG4gICAgfVxuICAgIHZpc2l0KGZpbGUpXG4gICAgaWYgKGVkaXRzLmxlbmd0aCA+IDApIHJlbmFtZWQuc2V0KGZpbGUuZmlsZU5hbWUsIGVkaXRzKVxuICB9XG4gIHJldHVybiByZW5hbWVkXG59XG5cbi8qKiBXaGF0IHN0YW5kcyBpbiB0aGUgcGxhY2Ugb2YgYW4gaWRlbnRpZmllciB0aGF0IG5hbWVzIGEgcHJvcGVydHksIG9yIHRoZSBwYXJhbWV0ZXIgdGhhdCBtYWtlcyBvbmUsIHdob3NlIG5hbWUgaXMgc2hhcmVkLiAqL1xuZnVuY3Rpb24gc2hhcmVkQXQobm9kZTogdHMuSWRlbnRpZmllciwgc2hhcmVkOiBSZWFkb25seU1hcDxzdHJpbmcsIHN0cmluZz4sIGNoZWNrZXI6IHRzLlR5cGVDaGVja2VyKTogc3RyaW5nIHwgdW5kZWZpbmVkIHtcbiAgY29uc3QgeyBwYXJlbnQsIHRleHQgfSA9IG5vZGVcbiAgY29uc3QgbmFtZSA9IHNoYXJlZC5nZXQodGV4dClcbiAgaWYgKG5hbWUgPT09IHVuZGVmaW5lZCkgcmV0dXJuIHVuZGVmaW5lZFxuICBpZiAodHMuaXNCaW5kaW5nRWxlbWVudChwYXJlbnQpICYmIHRzLmlzT2JqZWN0QmluZGluZ1BhdHRlcm4ocGFyZW50LnBhcmVudCkgJiYgKHBhcmVudC5wcm9wZXJ0eU5hbWUgPz8gcGFyZW50Lm5hbWUpID09PSBub2RlKSB7XG4gICAgaWYgKHBhcmVudC5kb3REb3REb3RUb2tlbiAhPT0gdW5kZWZpbmVkKSByZXR1cm4gdW5kZWZpbmVkXG4gICAgcmV0dXJuIHBhcmVudC5wcm9wZXJ0eU5hbWUgPT09IHVuZGVmaW5lZCA/IGAke25hbWV9OiAke3RleHR9YCA6IG5hbWVcbiAgfVxuICBjb25zdCBpc01hZGUgPSBjaGVja2VyXG4gICAgLmdldFN5bWJvbEF0TG9jYXRpb24obm9kZSlcbiAgICA/LmRlY2xhcmF0aW9ucz8uc29tZSgobWFkZSkgPT4gdHMuaXNQYXJhbWV0ZXJQcm9wZXJ0eURlY2xhcmF0aW9uKG1hZGUsIG1hZGUucGFyZW50KSlcbiAgaWYgKHRzLmlzU2hvcnRoYW5kUHJvcGVydHlBc3NpZ25tZW50KHBhcmVudCkpIHtcbiAgICBjb25zdCB2YWx1ZSA9IGNoZWNrZXIuZ2V0U2hvcnRoYW5kQXNzaWdubWVudFZhbHVlU3ltYm9sKHBhcmVudClcbiAgICBjb25zdCBpc1BhcmFtZXRlciA9IHZhbHVlPy5kZWNsYXJhdGlvbnM/LnNvbWUoKG1hZGUpID0+IHRzLmlzUGFyYW1ldGVyUHJvcGVydHlEZWNsYXJhdGlvbihtYWRlLCBtYWRlLnBhcmVudCkpXG4gICAgcmV0dXJuIGAke25hbWV9OiAke2lzUGFyYW1ldGVyID8gbmFtZSA6IHRleHR9YFxuICB9XG4gIGNvbnN0IGlzTmFtZWQgPVxuICAgICh0cy5pc1Byb3BlcnR5QWNjZXNzRXhwcmVzc2lvbihwYXJlbnQpICYmIHBhcmVudC5uYW1lID09PSBub2RlKSB8fFxuICAgICh0cy5pc1Byb3BlcnR5QXNzaWdubWVudChwYXJlbnQpICYmIHBhcmVudC5uYW1lID09PSBub2RlKSB8fFxuICAgICgodHMuaXNDbGFzc0VsZW1lbnQocGFyZW50KSB8fCB0cy5pc1R5cGVFbGVtZW50KHBhcmVudCkgfHwgdHMuaXNNZXRob2REZWNsYXJhdGlvbihwYXJlbnQpIHx8IHRzLmlzQWNjZXNzb3IocGFyZW50KSkgJiZcbiAgICAgIHBhcmVudC5uYW1lID09PSBub2RlKVxuICByZXR1cm4gaXNOYW1lZCB8fCBpc01hZGUgPyBuYW1lIDogdW5kZWZpbmVkXG59XG5cbmV4cG9ydCBjbGFzcyBQcml2YXRlTmFtZXMge1xuICBwcml2YXRlIHJlYWRvbmx5IGNoZWNrZXI6IHRzLlR5cGVDaGVja2VyXG4gIC8qKiBIb3cgbWFueSBuYW1lcyBvZiBmaWVsZHMsIGFuZCBvZiBtZXRob2RzLCB0aGUgcHJpdmF0ZSBtZW1iZXJzIG9mIGEgY2xhc3MgdGFrZS4gKi9cbiAgcHJpdmF0ZSByZWFkb25seSBjb3VudHMgPSBuZXcgTWFwPHRzLkNsYXNzTGlrZURlY2xhcmF0aW9uLCBDb3VudHM+KClcbiAgcHJpdmF0ZSByZWFkb25seSBuYW1lcyA9IG5ldyBNYXA8dHMuU3ltYm9sLCBzdHJpbmc+KClcblxuICBjb25zdHJ1Y3Rvcih7IGNoZWNrZXIsIGZpbGVzIH06IFNvdXJjZXMpIHtcbiAgICB0aGlzLmNoZWNrZXIgPSBjaGVja2VyXG4gICAgY29uc3QgdmlzaXQgPSAobm9kZTogdHMuTm9kZSk6IHZvaWQgPT4ge1xuICAgICAgaWYgKHRzLmlzQ2xhc3NMaWtlKG5vZGUpKSB0aGlzLmNvdW50KG5vZGUpXG4gICAgICB0cy5mb3JFYWNoQ2hpbGQobm9kZSwgdmlzaXQpXG4gICAgfVxuICAgIGZpbGVzLmZvckVhY2godmlzaXQpXG4gIH1cblxuICAvKiogV2hhdCBzdGFuZHMgaW4gdGhlIHBsYWNlIG9mIGFuIGlkZW50aWZpZXIgdGhhdCBuYW1lcyBhIHByaXZhdGUgbWVtYmVyLCBvciB0aGUgcGFyYW1ldGVyIHdoaWNoIG1ha2VzIG9uZS4gKi9cbiAgYXQobm9kZTogdHMuSWRlbnRpZmllcik6IHN0cmluZyB8IHVuZGVmaW5lZCB7XG4gICAgY29uc3QgeyBwYXJlbnQsIHRleHQgfSA9IG5vZGVcbiAgICAvLyBgY29uc3QgeyBsaW1pdHMgfSA9IHRoaXNgIG5hbWVzIGEgbWVtYmVyIGFuZCBhIHZhcmlhYmxlLlxuICAgIGlmIChcbiAgICAgIHRzLmlzQmluZGluZ0VsZW1lbnQocGFyZW50KSAmJlxuICAgICAgdHMuaXNPYmplY3RCaW5kaW5nUGF0dGVybihwYXJlbnQucGFyZW50KSAmJlxuICAgICAgKHBhcmVudC5wcm9wZXJ0eU5hbWUgPz8gcGFyZW50Lm5hbWUpID09PSBub2RlXG4gICAgKSB7XG4gICAgICBjb25zdCBuYW1lID0gdGhpcy5vZih0aGlzLmNoZWNrZXIuZ2V0UHJvcGVydHlPZlR5cGUodGhpcy5jaGVja2VyLmdldFR5cGVBdExvY2F0aW9uKHBhcmVudC5wYXJlbnQpLCB0ZXh0KSlcbiAgICAgIHJldHVybiBuYW1lICE9PSB1bmRlZmluZWQgJiYgcGFyZW50LnByb3BlcnR5TmFtZSA9PT0gdW5kZWZpbmVkID8gYCR7bmFtZX06ICR7dGV4dH1gIDogbmFtZVxuICAgIH1cbiAgICBpZiAodHMuaXNTaG9ydGhhbmRQcm9wZXJ0eUFzc2lnbm1lbnQocGFyZW50KSkge1xuICAgICAgY29uc3QgbmFtZSA9IHRoaXMub2YodGhpcy5jaGVja2VyLmdldFNob3J0aGFuZEFzc2lnbm1lbnRWYWx1ZVN5bWJvbChwYXJlbnQpKVxuICAgICAgcmV0dXJuIG5hbWUgJiYgYCR7dGV4dH06ICR7bmFtZX1gXG4gICAgfVxuICAgIHJldHVybiB0aGlzLm9mKHRoaXMuY2hlY2tlci5nZXRTeW1ib2xBdExvY2F0aW9uKG5vZGUpKVxuICB9XG5cbiAgLyoqIGBTZWN1cmVDaGFubmVsWydzdGF0ZSddYCwgYSB0eXBlLCBuYW1lcyBhIG1lbWJlciBieSBhIHRleHQuICovXG4gIG9mS2V5KHsgcGFyZW50LCB0ZXh0IH06IHRzLlN0cmluZ0xpdGVyYWwpOiBzdHJpbmcgfCB1bmRlZmluZWQge1xuICAgIGNvbnN0IHsgb2JqZWN0VHlwZSB9ID0gcGFyZW50LnBhcmVudCBhcyB0cy5JbmRleGVkQWNjZXNzVHlwZU5vZGVcbiAgICBjb25zdCBuYW1lID0gdGhpcy5vZih0aGlzLmNoZWNrZXIuZ2V0UHJvcGVydHlPZlR5cGUodGhpcy5jaGVja2VyLmdldFR5cGVGcm9tVHlwZU5vZGUob2JqZWN0VHlwZSksIHRleHQpKVxuICAgIHJldHVybiBuYW1lICYmIGAnJHtuYW1lfSdgXG4gIH1cblxuICBvZihzeW1ib2w6IHRzLlN5bWJvbCB8IHVuZGVmaW5lZCk6IHN0cmluZyB8IHVuZGVmaW5lZCB7XG4gICAgY29uc3QgZGVjbGFyYXRpb24gPSBzeW1ib2w/LmRlY2xhcmF0aW9ucz8uZmluZChpc1ByaXZhdGUpXG4gICAgcmV0dXJuIGRlY2xhcmF0aW9uICYmIHRoaXMubmFtZXMuZ2V0KGRlY2xhcmVkKGRlY2xhcmF0aW9uKSlcbiAgfVxuXG4gIC8qKiBOYW1lcyB0aGUgcHJpdmF0ZSBtZW1iZXJzIG9mIGEgY2xhc3MgYWZ0ZXIgdGhvc2Ugb2YgdGhlIGNsYXNzIHRoYXQgaXQgZXh0ZW5kcy4gKi9cbiAgcHJpdmF0ZSBjb3VudChvd25lcjogdHMuQ2xhc3NMaWtlRGVjbGFyYXRpb24pOiBDb3VudHMge1xuICAgIGNvbnN0IGtub3duID0gdGhpcy5jb3VudHMuZ2V0KG93bmVyKVxuICAgIGlmIChrbm93biAhPT0gdW5kZWZpbmVkKSByZXR1cm4ga25vd25cbiAgICBjb25zdCBleHRlbmRlZCA9IG93bmVyLmhlcml0YWdlQ2xhdXNlcz8uZmluZCgoeyB0b2tlbiB9KSA9PiB0b2tlbiA9PT0gdHMuU3ludGF4S2luZC5FeHRlbmRzS2V5d29yZCk/LnR5cGVzWzBdXG4gICAgY29uc3QgYmFzZSA9IGV4dGVuZGVkICYmIHRoaXMuY2hlY2tlci5nZXRUeXBlQXRMb2NhdGlvbihleHRlbmRlZC5leHByZXNzaW9uKS5zeW1ib2w/LnZhbHVlRGVjbGFyYXRpb25cbiAgICBjb25zdCBjb3VudHMgPSBiYXNlICE9PSB1bmRlZmluZWQgJiYgdHMuaXNDbGFzc0xpa2UoYmFzZSkgPyB7IC4uLnRoaXMuY291bnQoYmFzZSkgfSA6IHsgbTogMCwgZjogMCB9XG4gICAgY29uc3QgZ2l2ZW4gPSBvd25lci5tZW1iZXJzLmZpbHRlcih0cy5pc0NvbnN0cnVjdG9yRGVjbGFyYXRpb24pLmZsYXRNYXAoKHsgcGFyYW1ldGVycyB9KSA9PiBbLi4ucGFyYW1ldGVyc10pXG4gICAgZm9yIChjb25zdCBtZW1iZXIgb2YgWy4uLmdpdmVuLCAuLi5vd25lci5tZW1iZXJzXS5maWx0ZXIoaXNQcml2YXRlKSkge1xuICAgICAgY29uc3Qgc3ltYm9sID0gZGVjbGFyZWQobWVtYmVyKVxuICAgICAgY29uc3Qga2luZCA9IHRzLmlzTWV0aG9kRGVjbGFyYXRpb24obWVtYmVyKSA/ICdmJyA6ICdtJ1xuICAgICAgaWYgKCF0aGlzLm5hbWVzLmhhcyhzeW1ib2wpKSB0aGlzLm5hbWVzLnNldChzeW1ib2wsIGAke2tpbmR9JHtjb3VudHNba2luZF0rK30kYClcbiAgICB9XG4gICAgdGhpcy5jb3VudHMuc2V0KG93bmVyLCBjb3VudHMpXG4gICAgcmV0dXJuIGNvdW50c1xuICB9XG59XG5cbmludGVyZmFjZSBDb3VudHMge1xuICBtOiBudW1iZXJcbiAgZjogbnVtYmVyXG59XG5cbi8qKiBUaGUgc3ltYm9sIHRoYXQgYSBnZXR0ZXIgc2hhcmVzIHdpdGggaXRzIHNldHRlci4gKi9cbmZ1bmN0aW9uIGRlY2xhcmVkKGRlY2xhcmF0aW9uOiB0cy5EZWNsYXJhdGlvbik6IHRzLlN5bWJvbCB7XG4gIHJldHVybiAoZGVjbGFyYXRpb24gYXMgdHMuRGVjbGFyYXRpb24gJiB7IHN5bWJvbDogdHMuU3ltYm9sIH0pLnN5bWJvbFxufVxuXG5mdW5jdGlvbiBpc1ByaXZhdGUoZGVjbGFyYXRpb246IHRzLkRlY2xhcmF0aW9uKTogYm9vbGVhbiB7XG4gIGNvbnN0IGlzTWVtYmVyID0gdHMuaXNDbGFzc0VsZW1lbnQoZGVjbGFyYXRpb24pIHx8IHRzLmlzUGFyYW1ldGVyKGRlY2xhcmF0aW9uKVxuICByZXR1cm4gaXNNZW1iZXIgJiYgKHRzLmdldENvbWJpbmVkTW9kaWZpZXJGbGFncyhkZWNsYXJhdGlvbikgJiB0cy5Nb2RpZmllckZsYWdzLlByaXZhdGUpICE9PSAwXG59XG5cbmZ1bmN0aW9uIGlzVHlwZUtleShub2RlOiB0cy5Ob2RlKTogbm9kZSBpcyB0cy5TdHJpbmdMaXRlcmFsIHtcbiAgcmV0dXJuIHRzLmlzU3RyaW5nTGl0ZXJhbChub2RlKSAmJiB0cy5pc0xpdGVyYWxUeXBlTm9kZShub2RlLnBhcmVudCkgJiYgdHMuaXNJbmRleGVkQWNjZXNzVHlwZU5vZGUobm9kZS5wYXJlbnQucGFyZW50KVxufVxuXG4vKiogVGhlIGtleSBvZiBhIGBQaWNrYCBvciBhbiBgT21pdGAsIHdoaWNoIG5hbWVzIGEgbWVtYmVyIGJ5IGEgdGV4dC4gKi9cbmZ1bmN0aW9uIGlzUGlja0tleShub2RlOiB0cy5Ob2RlKTogbm9kZSBpcyB0cy5TdHJpbmdMaXRlcmFsIHtcbiAgaWYgKCF0cy5pc1N0cmluZ0xpdGVyYWwobm9kZSkgfHwgIXRzLmlzTGl0ZXJhbFR5cGVOb2RlKG5vZGUucGFyZW50KSkgcmV0dXJuIGZhbHNlXG4gIGNvbnN0IGxpc3QgPSB0cy5pc1VuaW9uVHlwZU5vZGUobm9kZS5wYXJlbnQucGFyZW50KSA/IG5vZGUucGFyZW50LnBhcmVudCA6IG5vZGUucGFyZW50XG4gIHJldHVybiBpc1BpY2sobGlzdC5wYXJlbnQpXG59XG4iLCAiY29uc3QgX19pbmplY3RlZF9maWxlbmFtZV9fID0gXCIvd29yay93dC9jbHVzdGVyL2J1aWxkL3Byb2dyYW0udHNcIjtjb25zdCBfX2luamVjdGVkX2Rpcm5hbWVfXyA9IFwiL3dvcmsvd3QvY2x1c3Rlci9idWlsZFwiO2NvbnN0IF9faW5qZWN0ZWRfaW1wb3J0X21ldGFfdXJsX18gPSBcImZpbGU6Ly8vd29yay93dC9jbHVzdGVyL2J1aWxkL3Byb2dyYW0udHNcIjtpbXBvcnQgeyBkaXJuYW1lIH0gZnJvbSAnbm9kZTpwYXRoJ1xuaW1wb3J0IHRzIGZyb20gJ3R5cGVzY3JpcHQnXG5cbi8qKiBUaGUgc291cmNlcywgYXMgVHlwZVNjcmlwdCByZWFkcyB0aGVtLiAqL1xuZXhwb3J0IGludGVyZmFjZSBTb3VyY2VzIHtcbiAgcHJvZ3JhbTogdHMuUHJvZ3JhbVxuICBjaGVja2VyOiB0cy5UeXBlQ2hlY2tlclxuICBmaWxlczogcmVhZG9ubHkgdHMuU291cmNlRmlsZVtdXG59XG5cbmV4cG9ydCBmdW5jdGlvbiByZWFkU291cmNlcyhjb25maWc6IHN0cmluZyk6IFNvdXJjZXMge1xuICBjb25zdCByb290ID0gZGlybmFtZShjb25maWcpXG4gIGNvbnN0IGpzb24gPSB7IC4uLnRzLnJlYWRDb25maWdGaWxlKGNvbmZpZywgdHMuc3lzLnJlYWRGaWxlKS5jb25maWcsIGluY2x1ZGU6IFsnc3JjJ10gfVxuICBjb25zdCB7IG9wdGlvbnMsIGZpbGVOYW1lcyB9ID0gdHMucGFyc2VKc29uQ29uZmlnRmlsZUNvbnRlbnQoanNvbiwgdHMuc3lzLCByb290KVxuICBjb25zdCBwcm9ncmFtID0gdHMuY3JlYXRlUHJvZ3JhbShmaWxlTmFtZXMsIG9wdGlvbnMpXG4gIC8vIFRoZSB0ZXN0ZXIgcmVhZHMgd2hhdCBzdHJhbmdlcnMgc2VuZCwgb2YgYW55IGZvcm0sIHNvIGl0cyBuYW1lcyBhcmUgZXZlcnlib2R5J3M6IGl0IGlzIGJ1aWx0IGJ5IGl0c2VsZiwgd2l0aCB0aGUgbmFtZXMgYXMgdGhleSBhcmUuXG4gIGNvbnN0IGlzVGVzdGVyID0gKGZpbGVOYW1lOiBzdHJpbmcpID0+IGZpbGVOYW1lLnN0YXJ0c1dpdGgoYCR7cm9vdH0vc3JjL25vZGUvY29uZm9ybS9gKVxuICBjb25zdCBmaWxlcyA9IHByb2dyYW0uZ2V0U291cmNlRmlsZXMoKS5maWx0ZXIoKHsgZmlsZU5hbWUgfSkgPT4gZmlsZU5hbWUuc3RhcnRzV2l0aChgJHtyb290fS9zcmMvYCkgJiYgIWlzVGVzdGVyKGZpbGVOYW1lKSlcbiAgcmV0dXJuIHsgcHJvZ3JhbSwgY2hlY2tlcjogcHJvZ3JhbS5nZXRUeXBlQ2hlY2tlcigpLCBmaWxlcyB9XG59XG5cbi8qKiBAdGhyb3dzIEVycm9yIHdoZXJlIGEgcHJvcGVydHkgaXMgcmVhZCBhbmQgbm90aGluZyBkb25lIHdpdGggaXQ6IHdoYXQgaXMgYnVpbHQgcmVhZHMgaXQgbm8gbW9yZSwgd2hhdGV2ZXIgaXRzIGdldHRlciBkb2VzLiAqL1xuZXhwb3J0IGZ1bmN0aW9uIGNoZWNrUmVhZHMoeyBmaWxlcyB9OiBTb3VyY2VzKTogdm9pZCB7XG4gIGNvbnN0IHZpc2l0ID0gKG5vZGU6IHRzLk5vZGUpOiB2b2lkID0+IHtcbiAgICBjb25zdCBpc0lkbGUgPSB0cy5pc0V4cHJlc3Npb25TdGF0ZW1lbnQobm9kZSkgfHwgdHMuaXNWb2lkRXhwcmVzc2lvbihub2RlKVxuICAgIGlmIChpc0lkbGUgJiYgdHMuaXNQcm9wZXJ0eUFjY2Vzc0V4cHJlc3Npb24obm9kZS5leHByZXNzaW9uKSkge1xuICAgICAgdGhyb3cgbmV3IEVycm9yKGAke25vZGUuZ2V0U291cmNlRmlsZSgpLmZpbGVOYW1lfTogJHtub2RlLmdldFRleHQoKX0gb25seSByZWFkcy4gQ2FsbCBhIG1ldGhvZC5gKVxuICAgIH1cbiAgICB0cy5mb3JFYWNoQ2hpbGQobm9kZSwgdmlzaXQpXG4gIH1cbiAgZmlsZXMuZm9yRWFjaCh2aXNpdClcbn1cbiIsICJjb25zdCBfX2luamVjdGVkX2ZpbGVuYW1lX18gPSBcIi93b3JrL3d0L2NsdXN0ZXIvYnVpbGQvc2VudGVuY2VzLnRzXCI7Y29uc3QgX19pbmplY3RlZF9kaXJuYW1lX18gPSBcIi93b3JrL3d0L2NsdXN0ZXIvYnVpbGRcIjtjb25zdCBfX2luamVjdGVkX2ltcG9ydF9tZXRhX3VybF9fID0gXCJmaWxlOi8vL3dvcmsvd3QvY2x1c3Rlci9idWlsZC9zZW50ZW5jZXMudHNcIjtpbXBvcnQgeyBkaXJuYW1lLCByZXNvbHZlIH0gZnJvbSAnbm9kZTpwYXRoJ1xuaW1wb3J0IHRzIGZyb20gJ3R5cGVzY3JpcHQnXG5pbXBvcnQgdHlwZSB7IEVkaXQgfSBmcm9tICcuL2VkaXRzLmpzJ1xuaW1wb3J0IHR5cGUgeyBTb3VyY2VzIH0gZnJvbSAnLi9wcm9ncmFtLmpzJ1xuaW1wb3J0IHsgaXNOZXdFcnJvciwgUmVmZXJlbmNlcyB9IGZyb20gJy4vcmVmZXJlbmNlcy5qcydcblxuLyoqIFdoYXQgc3RhbmRzIGJldHdlZW4gdHdvIHNlbnRlbmNlcyBvZiB0aGUgdGFibGUsIGFuZCBmb3IgYSB2YWx1ZSBpbiBvbmUgb2YgdGhlbS4gKi9cbmNvbnN0IEJFVFdFRU4gPSAnfCdcbmNvbnN0IFZBTFVFID0gJ34nXG5cbi8qKiBBIHRleHQgc2hvcnRlciB0aGFuIHRoaXMgc3RheXMgd2hlcmUgaXQgaXM6IGl0cyBudW1iZXIgd291bGQgc2F2ZSBub3RoaW5nLiAqL1xuY29uc3QgTUlOX0xFTkdUSCA9IDEyXG5cbi8qKiBUaGUgY29uc3RhbnQgb2YgdGhlIHNvdXJjZXMgdGhhdCBhbGwgc2VudGVuY2VzIGFyZSBwdXQgaW4uICovXG5jb25zdCBUQUJMRSA9ICdTRU5URU5DRVMnXG5cbi8qKlxuICogVGFrZXMgdGhlIHNlbnRlbmNlcyBvZiBlcnJvcnMgb3V0IG9mIHRoZSBzb3VyY2VzOiBgbmV3IFAyUEVycm9yKGNvZGUsICdUaGUgc3RvcmUgaXMgZnVsbC4nKWAgYmVjb21lcyBgbmV3IFAyUEVycm9yKGNvZGUsIDcpYCwgYW5kIGFcbiAqIHNlbnRlbmNlIHdpdGggdmFsdWVzIGBbOCwgdmFsdWUsIHZhbHVlXWAsIHdoZXJlIDcgYW5kIDggYXJlIHBsYWNlcyBpbiBhIHRhYmxlLiBXaGF0IGFuIGFwcGxpY2F0aW9uIGRvZXMgbm90IGltcG9ydCB0aGUgdGFibGUgb2ZcbiAqIGNvc3RzIGl0IG5vIGJ5dGVzLiBBIHNlbnRlbmNlIHRoYXQgcmVhY2hlcyB0aGUgZXJyb3IgYnkgYSB2YXJpYWJsZSwgYSBwYXJhbWV0ZXIgb3IgdGhlIHJlc3VsdCBvZiBhIGZ1bmN0aW9uIGlzIGZvdW5kIHRoZXJlLCBpZiBpdFxuICogZ29lcyBub3doZXJlIGJ1dCBpbnRvIGVycm9ycy5cbiAqXG4gKiBAcGFyYW0gZW50cmllcyB0aGUgZmlsZXMgd2hvc2UgaW1wb3J0cywgYW5kIHRoZWlycywgYXJlIHJlYWQ7IHNlbnRlbmNlcyBlbHNld2hlcmUgc3RheS5cbiAqIEByZXR1cm5zIHRoZSBlZGl0cyBvZiB0aG9zZSBmaWxlcyB0aGF0IGhhdmUgc2VudGVuY2VzLCBhbmQgb2YgdGhlIG9uZSB0aGF0IHRoZSB0YWJsZSBpcyBmb3IuXG4gKi9cbmV4cG9ydCBmdW5jdGlvbiBsaWZ0U2VudGVuY2VzKHNvdXJjZXM6IFNvdXJjZXMsIGVudHJpZXM6IHJlYWRvbmx5IHN0cmluZ1tdKTogTWFwPHN0cmluZywgRWRpdFtdPiB7XG4gIGNvbnN0IHJlYWNoZWQgPSBlbnRyaWVzLm1hcCgoZW50cnkpID0+IG5ldyBTZXQocmVhY2hhYmxlKHNvdXJjZXMsIGVudHJ5KSkpXG4gIGNvbnN0IHdpdGhpbiA9IG5ldyBTZXQocmVhY2hlZC5mbGF0TWFwKChmaWxlcykgPT4gWy4uLmZpbGVzXSkpXG4gIGNvbnN0IHBsYWNlcyA9IG5ldyBQbGFjZXMoc291cmNlcywgd2l0aGluKVxuICBjb25zdCBmb3VuZDogeyBub2RlOiB0cy5FeHByZXNzaW9uOyB0ZXh0OiBzdHJpbmcgfVtdID0gW11cbiAgbGV0IHRhYmxlOiB0cy5FeHByZXNzaW9uIHwgdW5kZWZpbmVkXG4gIGNvbnN0IHZpc2l0ID0gKG5vZGU6IHRzLk5vZGUpOiB2b2lkID0+IHtcbiAgICBpZiAodHMuaXNTdHJpbmdMaXRlcmFsTGlrZShub2RlKSAmJiBub2RlLnRleHQubGVuZ3RoID49IE1JTl9MRU5HVEggJiYgcGxhY2VzLmlzU2VudGVuY2Uobm9kZSkpXG4gICAgICBmb3VuZC5wdXNoKHsgbm9kZSwgdGV4dDogbm9kZS50ZXh0IH0pXG4gICAgaWYgKHRzLmlzVGVtcGxhdGVFeHByZXNzaW9uKG5vZGUpICYmIHBsYWNlcy5pc1NlbnRlbmNlKG5vZGUpKSBmb3VuZC5wdXNoKHsgbm9kZSwgdGV4dDogdGV4dE9mKG5vZGUpIH0pXG4gICAgaWYgKHRzLmlzVmFyaWFibGVEZWNsYXJhdGlvbihub2RlKSAmJiBub2RlLm5hbWUuZ2V0VGV4dCgpID09PSBUQUJMRSkgdGFibGUgPSBub2RlLmluaXRpYWxpemVyXG4gICAgdHMuZm9yRWFjaENoaWxkKG5vZGUsIHZpc2l0KVxuICB9XG4gIGZvciAoY29uc3QgZmlsZSBvZiB3aXRoaW4pIHZpc2l0KGZpbGUpXG4gIC8vIFRob3NlIG9mIHRoZSBmaXJzdCBlbnRyeSBoYXZlIHRoZSBzbWFsbGVzdCBudW1iZXJzOiB3aGF0IGFub3RoZXIgZW50cnkgYWRkcyBjb3N0cyBpdCBub3RoaW5nLlxuICBjb25zdCByYW5rT2YgPSAobm9kZTogdHMuTm9kZSkgPT4gcmVhY2hlZC5maW5kSW5kZXgoKGZpbGVzKSA9PiBmaWxlcy5oYXMobm9kZS5nZXRTb3VyY2VGaWxlKCkpKVxuICBjb25zdCByYW5rcyA9IG5ldyBNYXA8c3RyaW5nLCBudW1iZXI+KClcbiAgZm9yIChjb25zdCB7IG5vZGUsIHRleHQgfSBvZiBmb3VuZCkgcmFua3Muc2V0KHRleHQsIE1hdGgubWluKHJhbmtPZihub2RlKSwgcmFua3MuZ2V0KHRleHQpID8/IHJhbmtPZihub2RlKSkpXG4gIGNvbnN0IHRleHRzID0gWy4uLnJhbmtzLmtleXMoKV0uc29ydCgoYSwgYikgPT4gcmFua3MuZ2V0KGEpISAtIHJhbmtzLmdldChiKSEgfHwgKGEgPCBiID8gLTEgOiAxKSlcbiAgY29uc3QgdW5maXQgPSB0ZXh0cy5maW5kKCh0ZXh0KSA9PiB0ZXh0LmluY2x1ZGVzKEJFVFdFRU4pKVxuICBpZiAodW5maXQgIT09IHVuZGVmaW5lZCkgdGhyb3cgbmV3IEVycm9yKGBBIHNlbnRlbmNlIG1heSBub3QgaG9sZCAke0JFVFdFRU59OiAke3VuZml0fWApXG4gIGNvbnN0IGVkaXRzID0gbmV3IE1hcDxzdHJpbmcsIEVkaXRbXT4oKVxuICBjb25zdCBhZGQgPSAobm9kZTogdHMuTm9kZSwgbWFkZTogRWRpdFtdKSA9PiB7XG4gICAgY29uc3QgeyBmaWxlTmFtZSB9ID0gbm9kZS5nZXRTb3VyY2VGaWxlKClcbiAgICBlZGl0cy5zZXQoZmlsZU5hbWUsIFsuLi4oZWRpdHMuZ2V0KGZpbGVOYW1lKSA/PyBbXSksIC4uLm1hZGVdKVxuICB9XG4gIGZvciAoY29uc3QgeyBub2RlLCB0ZXh0IH0gb2YgZm91bmQpIGFkZChub2RlLCBlZGl0c09mKG5vZGUsIHRleHRzLmluZGV4T2YodGV4dCksIGlzV2hvbGUobm9kZSkpKVxuICBhZGQodGFibGUhLCBbeyBzdGFydDogdGFibGUhLmdldFN0YXJ0KCksIGVuZDogdGFibGUhLmVuZCwgdGV4dDogSlNPTi5zdHJpbmdpZnkodGV4dHMuam9pbihCRVRXRUVOKSkgfV0pXG4gIHJldHVybiBlZGl0c1xufVxuXG4vKiogQSB0ZW1wbGF0ZSB3aXRoIGEgbWFyayBmb3IgZWFjaCB2YWx1ZS4gKi9cbmZ1bmN0aW9uIHRleHRPZih7IGhlYWQsIHRlbXBsYXRlU3BhbnMgfTogdHMuVGVtcGxhdGVFeHByZXNzaW9uKTogc3RyaW5nIHtcbiAgY29uc3QgcGllY2VzID0gW2hlYWQudGV4dCwgLi4udGVtcGxhdGVTcGFucy5tYXAoKHsgbGl0ZXJhbCB9KSA9PiBsaXRlcmFsLnRleHQpXVxuICBjb25zdCB1bmZpdCA9IHBpZWNlcy5maW5kKChwaWVjZSkgPT4gcGllY2UuaW5jbHVkZXMoVkFMVUUpKVxuICBpZiAodW5maXQgIT09IHVuZGVmaW5lZCkgdGhyb3cgbmV3IEVycm9yKGBBIHNlbnRlbmNlIHdpdGggdmFsdWVzIG1heSBub3QgaG9sZCAke1ZBTFVFfTogJHt1bmZpdH1gKVxuICByZXR1cm4gcGllY2VzLmpvaW4oVkFMVUUpXG59XG5cbi8qKiBPbmx5IHRoZSB0ZXh0IGJldHdlZW4gdGhlIHZhbHVlcyBpcyB3cml0dGVuIGFuZXc6IGluIHRoZSB2YWx1ZXMsIG90aGVyIG5hbWVzIG1heSBiZS4gKi9cbmZ1bmN0aW9uIGVkaXRzT2Yobm9kZTogdHMuRXhwcmVzc2lvbiwgbnVtYmVyOiBudW1iZXIsIHdob2xlOiBib29sZWFuKTogRWRpdFtdIHtcbiAgaWYgKCF0cy5pc1RlbXBsYXRlRXhwcmVzc2lvbihub2RlKSlcbiAgICByZXR1cm4gW3sgc3RhcnQ6IG5vZGUuZ2V0U3RhcnQoKSwgZW5kOiBub2RlLmVuZCwgdGV4dDogd2hvbGUgPyBgJHtudW1iZXJ9YCA6IGBbJHtudW1iZXJ9XWAgfV1cbiAgY29uc3QgeyBoZWFkLCB0ZW1wbGF0ZVNwYW5zIH0gPSBub2RlXG4gIGNvbnN0IGVkaXRzID0gW3sgc3RhcnQ6IGhlYWQuZ2V0U3RhcnQoKSwgZW5kOiBoZWFkLmVuZCwgdGV4dDogYFske251bWJlcn0sYCB9XVxuICBmb3IgKGNvbnN0IFtpLCB7IGxpdGVyYWwgfV0gb2YgdGVtcGxhdGVTcGFucy5lbnRyaWVzKCkpIHtcbiAgICBlZGl0cy5wdXNoKHsgc3RhcnQ6IGxpdGVyYWwuZ2V0U3RhcnQoKSwgZW5kOiBsaXRlcmFsLmVuZCwgdGV4dDogaSA9PT0gdGVtcGxhdGVTcGFucy5sZW5ndGggLSAxID8gJ10nIDogJywnIH0pXG4gIH1cbiAgcmV0dXJuIGVkaXRzXG59XG5cbi8qKiBXaGV0aGVyIGFuIGV4cHJlc3Npb24sIG9yIGEgYnJhbmNoIG9mIGl0LCBpcyB3aGF0IGFuIGVycm9yIGlzIGNvbnN0cnVjdGVkIHdpdGg7IGVsc2V3aGVyZSBhIG51bWJlciBjb3VsZCBiZSBhIHZhbHVlLiAqL1xuZnVuY3Rpb24gaXNXaG9sZShub2RlOiB0cy5FeHByZXNzaW9uKTogYm9vbGVhbiB7XG4gIGNvbnN0IHsgcGFyZW50IH0gPSBub2RlXG4gIHJldHVybiBpc05ld0Vycm9yKHBhcmVudCkgfHwgKCh0cy5pc1BhcmVudGhlc2l6ZWRFeHByZXNzaW9uKHBhcmVudCkgfHwgaXNCcmFuY2gobm9kZSkpICYmIGlzV2hvbGUocGFyZW50IGFzIHRzLkV4cHJlc3Npb24pKVxufVxuXG5mdW5jdGlvbiBpc0JyYW5jaChub2RlOiB0cy5Ob2RlKTogYm9vbGVhbiB7XG4gIGNvbnN0IHsgcGFyZW50IH0gPSBub2RlXG4gIHJldHVybiB0cy5pc0NvbmRpdGlvbmFsRXhwcmVzc2lvbihwYXJlbnQpICYmIHBhcmVudC5jb25kaXRpb24gIT09IG5vZGVcbn1cblxuLyoqIFRoZSBmaWxlcyB0aGF0IG9uZSBsb2FkcywgdHlwZXMgYXNpZGUuICovXG5mdW5jdGlvbiByZWFjaGFibGUoeyBwcm9ncmFtLCBmaWxlcyB9OiBTb3VyY2VzLCBlbnRyeTogc3RyaW5nKTogU2V0PHRzLlNvdXJjZUZpbGU+IHtcbiAgY29uc3Qgb3duID0gbmV3IFNldChmaWxlcylcbiAgY29uc3QgZm91bmQgPSBuZXcgU2V0PHRzLlNvdXJjZUZpbGU+KFtwcm9ncmFtLmdldFNvdXJjZUZpbGUoZW50cnkpIV0pXG4gIGZvciAoY29uc3QgZmlsZSBvZiBmb3VuZCkge1xuICAgIGZvciAoY29uc3Qgc3RhdGVtZW50IG9mIGZpbGUuc3RhdGVtZW50cykge1xuICAgICAgY29uc3QgaXNMaW5rID0gKHRzLmlzSW1wb3J0RGVjbGFyYXRpb24oc3RhdGVtZW50KSAmJiAhc3RhdGVtZW50LmltcG9ydENsYXVzZT8uaXNUeXBlT25seSkgfHwgaXNFeHBvcnQoc3RhdGVtZW50KVxuICAgICAgaWYgKCFpc0xpbmsgfHwgIXN0YXRlbWVudC5tb2R1bGVTcGVjaWZpZXIgfHwgIXRzLmlzU3RyaW5nTGl0ZXJhbChzdGF0ZW1lbnQubW9kdWxlU3BlY2lmaWVyKSkgY29udGludWVcbiAgICAgIGNvbnN0IHBhdGggPSByZXNvbHZlKGRpcm5hbWUoZmlsZS5maWxlTmFtZSksIHN0YXRlbWVudC5tb2R1bGVTcGVjaWZpZXIudGV4dC5yZXBsYWNlKC9cXC5qcyQvLCAnLnRzJykpXG4gICAgICBjb25zdCB0YXJnZXQgPSBwcm9ncmFtLmdldFNvdXJjZUZpbGUocGF0aClcbiAgICAgIGlmICh0YXJnZXQgIT09IHVuZGVmaW5lZCAmJiBvd24uaGFzKHRhcmdldCkpIGZvdW5kLmFkZCh0YXJnZXQpXG4gICAgfVxuICB9XG4gIHJldHVybiBmb3VuZFxufVxuXG5mdW5jdGlvbiBpc0V4cG9ydChzdGF0ZW1lbnQ6IHRzLlN0YXRlbWVudCk6IHN0YXRlbWVudCBpcyB0cy5FeHBvcnREZWNsYXJhdGlvbiB7XG4gIHJldHVybiB0cy5pc0V4cG9ydERlY2xhcmF0aW9uKHN0YXRlbWVudCkgJiYgIXN0YXRlbWVudC5pc1R5cGVPbmx5XG59XG5cbi8qKiBXaGVyZSBhIHRleHQgaXMgYSBzZW50ZW5jZSBvZiBhbiBlcnJvciwgb3IgYSBwYXJ0IG9mIG9uZSwgYW5kIG5vdGhpbmcgZWxzZS4gKi9cbmNsYXNzIFBsYWNlcyB7XG4gIHByaXZhdGUgcmVhZG9ubHkgY2hlY2tlcjogdHMuVHlwZUNoZWNrZXJcbiAgLyoqIFZhcmlhYmxlcyBhbmQgcGFyYW1ldGVycyBvZiB3aGljaCB0aGF0IG1heSBiZSB0cnVlLCBhbmQgZnVuY3Rpb25zIHdob3NlIHJlc3VsdHMgaXQgbWF5IGJlIHRydWUgb2Y7IHdoYXQgaXMgbm9uZSBpcyB0YWtlbiBvdXQuICovXG4gIHByaXZhdGUgcmVhZG9ubHkgY2FycmllcnMgPSBuZXcgU2V0PHRzLlN5bWJvbD4oKVxuICBwcml2YXRlIHJlYWRvbmx5IHJlZmVyZW5jZXM6IFJlZmVyZW5jZXNcblxuICBjb25zdHJ1Y3RvcihcbiAgICBzb3VyY2VzOiBTb3VyY2VzLFxuICAgIHByaXZhdGUgcmVhZG9ubHkgd2l0aGluOiBSZWFkb25seVNldDx0cy5Tb3VyY2VGaWxlPixcbiAgKSB7XG4gICAgdGhpcy5jaGVja2VyID0gc291cmNlcy5jaGVja2VyXG4gICAgdGhpcy5yZWZlcmVuY2VzID0gbmV3IFJlZmVyZW5jZXMoc291cmNlcylcbiAgICBjb25zdCB2aXNpdCA9IChub2RlOiB0cy5Ob2RlKTogdm9pZCA9PiB7XG4gICAgICBjb25zdCBzeW1ib2wgPSB0aGlzLmNhbmRpZGF0ZShub2RlKVxuICAgICAgaWYgKHN5bWJvbCAhPT0gdW5kZWZpbmVkKSB0aGlzLmNhcnJpZXJzLmFkZChzeW1ib2wpXG4gICAgICB0cy5mb3JFYWNoQ2hpbGQobm9kZSwgdmlzaXQpXG4gICAgfVxuICAgIHNvdXJjZXMuZmlsZXMuZm9yRWFjaCh2aXNpdClcbiAgICBsZXQgYmVmb3JlOiBudW1iZXJcbiAgICBkbyB7XG4gICAgICBiZWZvcmUgPSB0aGlzLmNhcnJpZXJzLnNpemVcbiAgICAgIGZvciAoY29uc3Qgc3ltYm9sIG9mIHRoaXMuY2FycmllcnMpIGlmICghdGhpcy5pc0NhcnJpZXIoc3ltYm9sKSkgdGhpcy5jYXJyaWVycy5kZWxldGUoc3ltYm9sKVxuICAgIH0gd2hpbGUgKHRoaXMuY2FycmllcnMuc2l6ZSA8IGJlZm9yZSlcbiAgfVxuXG4gIC8qKiBXaGV0aGVyIHdoYXQgc3RhbmRzIGhlcmUgZ29lcyBpbnRvIGFuIGVycm9yJ3Mgc2VudGVuY2Ugb25seS4gKi9cbiAgaXNTZW50ZW5jZShub2RlOiB0cy5FeHByZXNzaW9uKTogYm9vbGVhbiB7XG4gICAgY29uc3QgeyBwYXJlbnQgfSA9IG5vZGVcbiAgICBpZiAodHMuaXNQYXJlbnRoZXNpemVkRXhwcmVzc2lvbihwYXJlbnQpKSByZXR1cm4gdGhpcy5pc1NlbnRlbmNlKHBhcmVudClcbiAgICBpZiAoaXNCcmFuY2gobm9kZSkgfHwgaXNGYWxsYmFjayhub2RlKSkgcmV0dXJuIHRoaXMuaXNTZW50ZW5jZShwYXJlbnQgYXMgdHMuRXhwcmVzc2lvbilcbiAgICBpZiAoaXNOZXdFcnJvcihwYXJlbnQpKSByZXR1cm4gcGFyZW50LmFyZ3VtZW50cz8uaW5kZXhPZihub2RlKSA9PT0gMVxuICAgIGlmICh0cy5pc1RlbXBsYXRlU3BhbihwYXJlbnQpKSByZXR1cm4gdGhpcy53aXRoaW4uaGFzKG5vZGUuZ2V0U291cmNlRmlsZSgpKSAmJiB0aGlzLmlzU2VudGVuY2UocGFyZW50LnBhcmVudClcbiAgICBpZiAodHMuaXNDYWxsRXhwcmVzc2lvbihwYXJlbnQpKSByZXR1cm4gdGhpcy5pc0NhcnJ5aW5nKHRoaXMucGFyYW1ldGVyT2YocGFyZW50LCBub2RlKSlcbiAgICBpZiAoKHRzLmlzVmFyaWFibGVEZWNsYXJhdGlvbihwYXJlbnQpIHx8IHRzLmlzUGFyYW1ldGVyKHBhcmVudCkpICYmIHBhcmVudC5pbml0aWFsaXplciA9PT0gbm9kZSkge1xuICAgICAgcmV0dXJuIHRoaXMuaXNDYXJyeWluZyh0aGlzLmNoZWNrZXIuZ2V0U3ltYm9sQXRMb2NhdGlvbihwYXJlbnQubmFtZSkpXG4gICAgfVxuICAgIGlmIChpc0Fzc2lnbm1lbnQocGFyZW50KSAmJiBwYXJlbnQucmlnaHQgPT09IG5vZGUpIHJldHVybiB0aGlzLmlzQ2FycnlpbmcodGhpcy5yZWZlcmVuY2VzLnN5bWJvbEF0KHBhcmVudC5sZWZ0KSlcbiAgICBpZiAodHMuaXNSZXR1cm5TdGF0ZW1lbnQocGFyZW50KSB8fCAodHMuaXNBcnJvd0Z1bmN0aW9uKHBhcmVudCkgJiYgcGFyZW50LmJvZHkgPT09IG5vZGUpKSB7XG4gICAgICBjb25zdCBvd25lciA9IHRzLmlzQXJyb3dGdW5jdGlvbihwYXJlbnQpID8gcGFyZW50IDogdHMuZmluZEFuY2VzdG9yKHBhcmVudCwgdHMuaXNGdW5jdGlvbkxpa2UpXG4gICAgICByZXR1cm4gb3duZXIgIT09IHVuZGVmaW5lZCAmJiB0aGlzLmlzQ2FycnlpbmcodGhpcy5yZWZlcmVuY2VzLnN5bWJvbE9mKG93bmVyKSlcbiAgICB9XG4gICAgcmV0dXJuIGZhbHNlXG4gIH1cblxuICBwcml2YXRlIGlzQ2Fycnlpbmcoc3ltYm9sOiB0cy5TeW1ib2wgfCB1bmRlZmluZWQpOiBib29sZWFuIHtcbiAgICByZXR1cm4gc3ltYm9sICE9PSB1bmRlZmluZWQgJiYgdGhpcy5jYXJyaWVycy5oYXMoc3ltYm9sKVxuICB9XG5cbiAgcHJpdmF0ZSBjYW5kaWRhdGUobm9kZTogdHMuTm9kZSk6IHRzLlN5bWJvbCB8IHVuZGVmaW5lZCB7XG4gICAgY29uc3QgaXNWYXJpYWJsZSA9IHRzLmlzVmFyaWFibGVEZWNsYXJhdGlvbihub2RlKSAmJiAhaXNFeHBvcnRlZChub2RlLnBhcmVudC5wYXJlbnQpXG4gICAgaWYgKChpc1ZhcmlhYmxlIHx8ICh0cy5pc1BhcmFtZXRlcihub2RlKSAmJiBoYXNCb2R5KG5vZGUucGFyZW50KSkpICYmIHRzLmlzSWRlbnRpZmllcihub2RlLm5hbWUpKSB7XG4gICAgICByZXR1cm4gdGhpcy5pc1RleHQodGhpcy5jaGVja2VyLmdldFR5cGVBdExvY2F0aW9uKG5vZGUubmFtZSkpID8gdGhpcy5jaGVja2VyLmdldFN5bWJvbEF0TG9jYXRpb24obm9kZS5uYW1lKSA6IHVuZGVmaW5lZFxuICAgIH1cbiAgICBpZiAoIXRzLmlzRnVuY3Rpb25EZWNsYXJhdGlvbihub2RlKSAmJiAhdHMuaXNBcnJvd0Z1bmN0aW9uKG5vZGUpKSByZXR1cm4gdW5kZWZpbmVkXG4gICAgY29uc3QgcmV0dXJuZWQgPSB0aGlzLmNoZWNrZXIuZ2V0U2lnbmF0dXJlRnJvbURlY2xhcmF0aW9uKG5vZGUpPy5nZXRSZXR1cm5UeXBlKClcbiAgICByZXR1cm4gcmV0dXJuZWQgIT09IHVuZGVmaW5lZCAmJiB0aGlzLmlzVGV4dChyZXR1cm5lZCkgPyB0aGlzLnJlZmVyZW5jZXMuc3ltYm9sT2Yobm9kZSkgOiB1bmRlZmluZWRcbiAgfVxuXG4gIHByaXZhdGUgaXNUZXh0KHR5cGU6IHRzLlR5cGUpOiBib29sZWFuIHtcbiAgICBjb25zdCBwYXJ0cyA9IHR5cGUuaXNVbmlvbigpID8gdHlwZS50eXBlcyA6IFt0eXBlXVxuICAgIGNvbnN0IHRleHRzID0gcGFydHMuZmlsdGVyKChwYXJ0KSA9PiAocGFydC5mbGFncyAmIHRzLlR5cGVGbGFncy5TdHJpbmdMaWtlKSAhPT0gMClcbiAgICByZXR1cm4gdGV4dHMubGVuZ3RoID4gMCAmJiBwYXJ0cy5ldmVyeSgocGFydCkgPT4gdGV4dHMuaW5jbHVkZXMocGFydCkgfHwgKHBhcnQuZmxhZ3MgJiB0cy5UeXBlRmxhZ3MuVW5kZWZpbmVkKSAhPT0gMClcbiAgfVxuXG4gIHByaXZhdGUgaXNDYXJyaWVyKHN5bWJvbDogdHMuU3ltYm9sKTogYm9vbGVhbiB7XG4gICAgY29uc3QgdXNlcyA9IHRoaXMucmVmZXJlbmNlcy51c2VzT2Yoc3ltYm9sKVxuICAgIGNvbnN0IGlzRnVuY3Rpb24gPSBzeW1ib2wuZGVjbGFyYXRpb25zPy5zb21lKFxuICAgICAgKGRlY2xhcmF0aW9uKSA9PlxuICAgICAgICB0cy5pc0Z1bmN0aW9uRGVjbGFyYXRpb24oZGVjbGFyYXRpb24pIHx8XG4gICAgICAgICh0cy5pc1ZhcmlhYmxlRGVjbGFyYXRpb24oZGVjbGFyYXRpb24pICYmXG4gICAgICAgICAgZGVjbGFyYXRpb24uaW5pdGlhbGl6ZXIgIT09IHVuZGVmaW5lZCAmJlxuICAgICAgICAgIHRzLmlzQXJyb3dGdW5jdGlvbihkZWNsYXJhdGlvbi5pbml0aWFsaXplcikpLFxuICAgIClcbiAgICBjb25zdCBpc1VzZWRTbyA9ICh1c2U6IHRzLklkZW50aWZpZXIpOiBib29sZWFuID0+IHtcbiAgICAgIGlmICh0cy5pc0ltcG9ydFNwZWNpZmllcih1c2UucGFyZW50KSkgcmV0dXJuIHRydWVcbiAgICAgIGlmICghaXNGdW5jdGlvbikgcmV0dXJuIHRoaXMuaXNTZW50ZW5jZSh1c2UpIHx8IGlzUXVlc3Rpb24odXNlKSB8fCAoaXNBc3NpZ25tZW50KHVzZS5wYXJlbnQpICYmIHVzZS5wYXJlbnQubGVmdCA9PT0gdXNlKVxuICAgICAgY29uc3QgY2FsbCA9IHVzZS5wYXJlbnRcbiAgICAgIHJldHVybiB0cy5pc0NhbGxFeHByZXNzaW9uKGNhbGwpICYmIGNhbGwuZXhwcmVzc2lvbiA9PT0gdXNlICYmICh0aGlzLmlzU2VudGVuY2UoY2FsbCkgfHwgaXNRdWVzdGlvbihjYWxsKSlcbiAgICB9XG4gICAgcmV0dXJuIHVzZXMubGVuZ3RoID4gMCAmJiB1c2VzLmV2ZXJ5KGlzVXNlZFNvKVxuICB9XG5cbiAgLyoqIFRoZSBwYXJhbWV0ZXIgdGhhdCBhbiBhcmd1bWVudCBpcyBnaXZlbiB0bywgd2hlcmUgdGhlIGZ1bmN0aW9uIHRoYXQgaXMgY2FsbGVkIGlzIGtub3duLiAqL1xuICBwcml2YXRlIHBhcmFtZXRlck9mKGNhbGw6IHRzLkNhbGxFeHByZXNzaW9uLCBhcmd1bWVudDogdHMuRXhwcmVzc2lvbik6IHRzLlN5bWJvbCB8IHVuZGVmaW5lZCB7XG4gICAgY29uc3QgaSA9IGNhbGwuYXJndW1lbnRzLmluZGV4T2YoYXJndW1lbnQpXG4gICAgY29uc3QgeyBkZWNsYXJhdGlvbiB9ID0gdGhpcy5jaGVja2VyLmdldFJlc29sdmVkU2lnbmF0dXJlKGNhbGwpID8/IHt9XG4gICAgaWYgKGkgPCAwIHx8IGRlY2xhcmF0aW9uID09PSB1bmRlZmluZWQgfHwgIXRzLmlzRnVuY3Rpb25MaWtlKGRlY2xhcmF0aW9uKSB8fCAhaGFzQm9keShkZWNsYXJhdGlvbikpIHJldHVybiB1bmRlZmluZWRcbiAgICBjb25zdCBuYW1lID0gZGVjbGFyYXRpb24ucGFyYW1ldGVyc1tpXT8ubmFtZVxuICAgIHJldHVybiBuYW1lICYmIHRzLmlzSWRlbnRpZmllcihuYW1lKSA/IHRoaXMuY2hlY2tlci5nZXRTeW1ib2xBdExvY2F0aW9uKG5hbWUpIDogdW5kZWZpbmVkXG4gIH1cbn1cblxuLyoqIEZ1bmN0aW9ucywgYW5kIG1ldGhvZHMgdGhhdCBvbmx5IHRoZWlyIG93biBjbGFzcyBjYW4gbWVhbi4gKi9cbmZ1bmN0aW9uIGhhc0JvZHkob3duZXI6IHRzLlNpZ25hdHVyZURlY2xhcmF0aW9uKTogYm9vbGVhbiB7XG4gIGlmICh0cy5pc01ldGhvZERlY2xhcmF0aW9uKG93bmVyKSkge1xuICAgIHJldHVybiBvd25lci5ib2R5ICE9PSB1bmRlZmluZWQgJiYgKHRzLmdldENvbWJpbmVkTW9kaWZpZXJGbGFncyhvd25lcikgJiB0cy5Nb2RpZmllckZsYWdzLlByaXZhdGUpICE9PSAwXG4gIH1cbiAgcmV0dXJuIHRzLmlzQXJyb3dGdW5jdGlvbihvd25lcikgfHwgKHRzLmlzRnVuY3Rpb25EZWNsYXJhdGlvbihvd25lcikgJiYgb3duZXIuYm9keSAhPT0gdW5kZWZpbmVkKVxufVxuXG5mdW5jdGlvbiBpc0V4cG9ydGVkKG5vZGU6IHRzLk5vZGUpOiBib29sZWFuIHtcbiAgcmV0dXJuIHRzLmlzVmFyaWFibGVTdGF0ZW1lbnQobm9kZSkgJiYgKG5vZGUubW9kaWZpZXJzPy5zb21lKCh7IGtpbmQgfSkgPT4ga2luZCA9PT0gdHMuU3ludGF4S2luZC5FeHBvcnRLZXl3b3JkKSA/PyBmYWxzZSlcbn1cblxuZnVuY3Rpb24gaXNBc3NpZ25tZW50KG5vZGU6IHRzLk5vZGUpOiBub2RlIGlzIHRzLkFzc2lnbm1lbnRFeHByZXNzaW9uPHRzLkVxdWFsc1Rva2VuPiB7XG4gIHJldHVybiB0cy5pc0JpbmFyeUV4cHJlc3Npb24obm9kZSkgJiYgbm9kZS5vcGVyYXRvclRva2VuLmtpbmQgPT09IHRzLlN5bnRheEtpbmQuRXF1YWxzVG9rZW5cbn1cblxuZnVuY3Rpb24gaXNGYWxsYmFjayh7IHBhcmVudCB9OiB0cy5Ob2RlKTogYm9vbGVhbiB7XG4gIHJldHVybiB0cy5pc0JpbmFyeUV4cHJlc3Npb24ocGFyZW50KSAmJiBwYXJlbnQub3BlcmF0b3JUb2tlbi5raW5kID09PSB0cy5TeW50YXhLaW5kLlF1ZXN0aW9uUXVlc3Rpb25Ub2tlblxufVxuXG4vKiogV2hldGhlciBhIHRleHQgaXMgb25seSBhc2tlZCBmb3IgYmVpbmcgdGhlcmUuICovXG5mdW5jdGlvbiBpc1F1ZXN0aW9uKHsgcGFyZW50IH06IHRzLk5vZGUpOiBib29sZWFuIHtcbiAgaWYgKCF0cy5pc0JpbmFyeUV4cHJlc3Npb24ocGFyZW50KSkgcmV0dXJuIGZhbHNlXG4gIGNvbnN0IHsga2luZCB9ID0gcGFyZW50Lm9wZXJhdG9yVG9rZW5cbiAgY29uc3QgaXNDb21wYXJpc29uID0ga2luZCA9PT0gdHMuU3ludGF4S2luZC5FcXVhbHNFcXVhbHNFcXVhbHNUb2tlbiB8fCBraW5kID09PSB0cy5TeW50YXhLaW5kLkV4Y2xhbWF0aW9uRXF1YWxzRXF1YWxzVG9rZW5cbiAgcmV0dXJuIGlzQ29tcGFyaXNvbiAmJiB0cy5pc0lkZW50aWZpZXIocGFyZW50LnJpZ2h0KSAmJiBwYXJlbnQucmlnaHQudGV4dCA9PT0gJ3VuZGVmaW5lZCdcbn1cbiIsICJjb25zdCBfX2luamVjdGVkX2ZpbGVuYW1lX18gPSBcIi93b3JrL3d0L2NsdXN0ZXIvYnVpbGQvcmVmZXJlbmNlcy50c1wiO2NvbnN0IF9faW5qZWN0ZWRfZGlybmFtZV9fID0gXCIvd29yay93dC9jbHVzdGVyL2J1aWxkXCI7Y29uc3QgX19pbmplY3RlZF9pbXBvcnRfbWV0YV91cmxfXyA9IFwiZmlsZTovLy93b3JrL3d0L2NsdXN0ZXIvYnVpbGQvcmVmZXJlbmNlcy50c1wiO2ltcG9ydCB0cyBmcm9tICd0eXBlc2NyaXB0J1xuaW1wb3J0IHR5cGUgeyBTb3VyY2VzIH0gZnJvbSAnLi9wcm9ncmFtLmpzJ1xuXG4vKiogV2hlcmUgdGhlIHNvdXJjZXMgbmFtZSB3aGF0IHRoZXkgZGVjbGFyZS4gKi9cbmV4cG9ydCBjbGFzcyBSZWZlcmVuY2VzIHtcbiAgcHJpdmF0ZSByZWFkb25seSBjaGVja2VyOiB0cy5UeXBlQ2hlY2tlclxuICBwcml2YXRlIHJlYWRvbmx5IHVzZXMgPSBuZXcgTWFwPHRzLlN5bWJvbCwgdHMuSWRlbnRpZmllcltdPigpXG5cbiAgY29uc3RydWN0b3IoeyBjaGVja2VyLCBmaWxlcyB9OiBTb3VyY2VzKSB7XG4gICAgdGhpcy5jaGVja2VyID0gY2hlY2tlclxuICAgIGNvbnN0IHZpc2l0ID0gKG5vZGU6IHRzLk5vZGUpOiB2b2lkID0+IHtcbiAgICAgIGlmICh0cy5pc0lkZW50aWZpZXIobm9kZSkpIHRoaXMubm90ZShub2RlKVxuICAgICAgdHMuZm9yRWFjaENoaWxkKG5vZGUsIHZpc2l0KVxuICAgIH1cbiAgICBmaWxlcy5mb3JFYWNoKHZpc2l0KVxuICB9XG5cbiAgLyoqIFdoZXJlIGEgc3ltYm9sIGlzIG5hbWVkLCBpdHMgZGVjbGFyYXRpb24gYXNpZGUuICovXG4gIHVzZXNPZihzeW1ib2w6IHRzLlN5bWJvbCk6IHJlYWRvbmx5IHRzLklkZW50aWZpZXJbXSB7XG4gICAgcmV0dXJuIHRoaXMudXNlcy5nZXQoc3ltYm9sKSA/PyBbXVxuICB9XG5cbiAgLyoqIFdoYXQgYW4gaWRlbnRpZmllciBtZWFucywgYXQgdGhlIG90aGVyIGVuZCBvZiBpbXBvcnRzLiAqL1xuICBzeW1ib2xBdChub2RlOiB0cy5Ob2RlKTogdHMuU3ltYm9sIHwgdW5kZWZpbmVkIHtcbiAgICBjb25zdCBpc1Nob3J0aGFuZCA9IHRzLmlzU2hvcnRoYW5kUHJvcGVydHlBc3NpZ25tZW50KG5vZGUucGFyZW50KSAmJiBub2RlLnBhcmVudC5uYW1lID09PSBub2RlXG4gICAgY29uc3Qgc3ltYm9sID0gaXNTaG9ydGhhbmRcbiAgICAgID8gdGhpcy5jaGVja2VyLmdldFNob3J0aGFuZEFzc2lnbm1lbnRWYWx1ZVN5bWJvbChub2RlLnBhcmVudClcbiAgICAgIDogdGhpcy5jaGVja2VyLmdldFN5bWJvbEF0TG9jYXRpb24obm9kZSlcbiAgICByZXR1cm4gc3ltYm9sICYmIHN5bWJvbC5mbGFncyAmIHRzLlN5bWJvbEZsYWdzLkFsaWFzID8gdGhpcy5jaGVja2VyLmdldEFsaWFzZWRTeW1ib2woc3ltYm9sKSA6IHN5bWJvbFxuICB9XG5cbiAgLyoqIFRoZSBzeW1ib2wgdGhhdCBhIGZ1bmN0aW9uIGlzIGNhbGxlZCBieSwgd2hlcmUgaXQgaGFzIGEgbmFtZS4gKi9cbiAgc3ltYm9sT2Yob3duZXI6IHRzLlNpZ25hdHVyZURlY2xhcmF0aW9uKTogdHMuU3ltYm9sIHwgdW5kZWZpbmVkIHtcbiAgICBjb25zdCBuYW1lZCA9IHRzLmlzQXJyb3dGdW5jdGlvbihvd25lcikgPyBvd25lci5wYXJlbnQgOiBvd25lclxuICAgIGNvbnN0IGlzTmFtZWQgPSB0cy5pc0Z1bmN0aW9uRGVjbGFyYXRpb24obmFtZWQpIHx8IHRzLmlzVmFyaWFibGVEZWNsYXJhdGlvbihuYW1lZCkgfHwgdHMuaXNNZXRob2REZWNsYXJhdGlvbihuYW1lZClcbiAgICByZXR1cm4gaXNOYW1lZCAmJiBuYW1lZC5uYW1lID8gdGhpcy5jaGVja2VyLmdldFN5bWJvbEF0TG9jYXRpb24obmFtZWQubmFtZSkgOiB1bmRlZmluZWRcbiAgfVxuXG4gIC8qKiBUaGUgY2FsbHMgb2YgYSBmdW5jdGlvbiBvciBtZXRob2QuICovXG4gIGNhbGxzT2Yoc3ltYm9sOiB0cy5TeW1ib2wpOiB0cy5DYWxsRXhwcmVzc2lvbltdIHtcbiAgICBjb25zdCBjYWxscyA9IHRoaXMudXNlc09mKHN5bWJvbCkubWFwKCh1c2UpID0+IHtcbiAgICAgIGNvbnN0IGNhbGxlZSA9IHRzLmlzUHJvcGVydHlBY2Nlc3NFeHByZXNzaW9uKHVzZS5wYXJlbnQpID8gdXNlLnBhcmVudCA6IHVzZVxuICAgICAgcmV0dXJuIHRzLmlzQ2FsbEV4cHJlc3Npb24oY2FsbGVlLnBhcmVudCkgJiYgY2FsbGVlLnBhcmVudC5leHByZXNzaW9uID09PSBjYWxsZWUgPyBjYWxsZWUucGFyZW50IDogdW5kZWZpbmVkXG4gICAgfSlcbiAgICByZXR1cm4gY2FsbHMuZmlsdGVyKChjYWxsKSA9PiBjYWxsICE9PSB1bmRlZmluZWQpXG4gIH1cblxuICBwcml2YXRlIG5vdGUobm9kZTogdHMuSWRlbnRpZmllcik6IHZvaWQge1xuICAgIGNvbnN0IHN5bWJvbCA9IHRoaXMuc3ltYm9sQXQobm9kZSlcbiAgICBjb25zdCBpc0RlY2xhcmVkID0gc3ltYm9sPy5kZWNsYXJhdGlvbnM/LnNvbWUoKGRlY2xhcmF0aW9uKSA9PiAoZGVjbGFyYXRpb24gYXMgdHMuTmFtZWREZWNsYXJhdGlvbikubmFtZSA9PT0gbm9kZSlcbiAgICBpZiAoc3ltYm9sID09PSB1bmRlZmluZWQgfHwgaXNEZWNsYXJlZCkgcmV0dXJuXG4gICAgY29uc3Qga25vd24gPSB0aGlzLnVzZXMuZ2V0KHN5bWJvbClcbiAgICBpZiAoa25vd24gPT09IHVuZGVmaW5lZCkgdGhpcy51c2VzLnNldChzeW1ib2wsIFtub2RlXSlcbiAgICBlbHNlIGtub3duLnB1c2gobm9kZSlcbiAgfVxufVxuXG4vKiogV2hldGhlciB0aGlzIG1ha2VzIGFuIGVycm9yOiBpdHMgYXJndW1lbnRzIGFyZSBhIGNvZGUgYW5kIGEgc2VudGVuY2UuICovXG5leHBvcnQgZnVuY3Rpb24gaXNOZXdFcnJvcihub2RlOiB0cy5Ob2RlKTogbm9kZSBpcyB0cy5OZXdFeHByZXNzaW9uIHtcbiAgcmV0dXJuIHRzLmlzTmV3RXhwcmVzc2lvbihub2RlKSAmJiB0cy5pc0lkZW50aWZpZXIobm9kZS5leHByZXNzaW9uKSAmJiBub2RlLmV4cHJlc3Npb24udGV4dCA9PT0gJ1AyUEVycm9yJ1xufVxuIiwgImNvbnN0IF9faW5qZWN0ZWRfZmlsZW5hbWVfXyA9IFwiL3dvcmsvd3QvY2x1c3Rlci9idWlsZC9zaGFyZWQtbmFtZXMudHNcIjtjb25zdCBfX2luamVjdGVkX2Rpcm5hbWVfXyA9IFwiL3dvcmsvd3QvY2x1c3Rlci9idWlsZFwiO2NvbnN0IF9faW5qZWN0ZWRfaW1wb3J0X21ldGFfdXJsX18gPSBcImZpbGU6Ly8vd29yay93dC9jbHVzdGVyL2J1aWxkL3NoYXJlZC1uYW1lcy50c1wiO2ltcG9ydCB0cyBmcm9tICd0eXBlc2NyaXB0J1xuaW1wb3J0IHR5cGUgeyBQcml2YXRlTmFtZXMgfSBmcm9tICcuL3ByaXZhdGUtbmFtZXMuanMnXG5pbXBvcnQgdHlwZSB7IFNvdXJjZXMgfSBmcm9tICcuL3Byb2dyYW0uanMnXG5cbi8qKlxuICogV2hpY2ggbmFtZXMgdGhhdCBub2JvZHkgb3V0c2lkZSBjYW4gc2VlIG1heSBiZSBvbmU6IHByb3BlcnRpZXMgdGhhdCBubyBvYmplY3QgaGFzIGJvdGggb2YgYXJlIGNhbGxlZCBhbGlrZSwgYXMgcHJpdmF0ZSBtZW1iZXJzIG9mXG4gKiBkaWZmZXJlbnQgY2xhc3NlcyBhcmUgKGByZW5hbWVQcml2YXRlc2ApLCBmb3Igb25lIGxldHRlciB0YWtlcyBmZXdlciBieXRlcyBjb21wcmVzc2VkIHRoYW4gdHdvLlxuICpcbiAqIEV2ZXJ5IG9iamVjdCBjb21lcyBmcm9tIGEgY2xhc3MsIGEgbGl0ZXJhbCBvciBhIGNhbGwsIHdob3NlIHR5cGUgdGVsbHMgYWxsIHRoYXQgaXQgaGFzOyB0d28gbmFtZXMgb2Ygb25lIHN1Y2ggdHlwZSBzdGF5IHR3by4gQSBuYW1lXG4gKiB0aGF0IHNvbWUgdHlwZSBoYXMgb3B0aW9uYWxseSBzdGF5cyBieSBpdHNlbGY6IHdob2V2ZXIgcmVhZHMgaXQgbXVzdCBub3QgZmluZCBhbm90aGVyIGluIGl0cyBwbGFjZS5cbiAqXG4gKiBAcGFyYW0gaW50ZXJuYWwgdGhlIG5hbWVzIHRvIGxvb2sgYXQsIG9mIGBpbnRlcm5hbE5hbWVzYC5cbiAqIEByZXR1cm5zIHRoZSBuYW1lIGluIHBsYWNlIG9mIGVhY2ggdGhhdCBjYW4gc2hhcmUgb25lLlxuICovXG5leHBvcnQgZnVuY3Rpb24gc2hhcmVOYW1lcyhcbiAgeyBjaGVja2VyLCBmaWxlcyB9OiBTb3VyY2VzLFxuICBpbnRlcm5hbDogcmVhZG9ubHkgc3RyaW5nW10sXG4gIHByaXZhdGVzOiBQcml2YXRlTmFtZXMsXG4pOiBNYXA8c3RyaW5nLCBzdHJpbmc+IHtcbiAgY29uc3QgY2FuZGlkYXRlcyA9IG5ldyBTZXQoaW50ZXJuYWwpXG4gIGNvbnN0IG1ldGhvZHMgPSBuZXcgU2V0PHN0cmluZz4oKVxuICBjb25zdCBzZWVuID0gbmV3IFNldDx0cy5UeXBlPigpXG4gIC8qKiBOYW1lcyB0aGF0IHNvbWUgb2JqZWN0IGhhcyB0b2dldGhlciB3aXRoIGVhY2ggbmFtZS4gKi9cbiAgY29uc3Qgcml2YWxzID0gbmV3IE1hcDxzdHJpbmcsIFNldDxzdHJpbmc+PigpXG4gIGNvbnN0IG1lZXQgPSAodHlwZTogdHMuVHlwZSk6IHZvaWQgPT4ge1xuICAgIGlmIChzZWVuLmhhcyh0eXBlKSkgcmV0dXJuXG4gICAgc2Vlbi5hZGQodHlwZSlcbiAgICBpZiAodHlwZS5pc1VuaW9uKCkpIHtcbiAgICAgIHR5cGUudHlwZXMuZm9yRWFjaChtZWV0KVxuICAgICAgcmV0dXJuXG4gICAgfVxuICAgIGlmICghKHR5cGUuZmxhZ3MgJiAodHMuVHlwZUZsYWdzLk9iamVjdCB8IHRzLlR5cGVGbGFncy5JbnRlcnNlY3Rpb24pKSkgcmV0dXJuXG4gICAgY29uc3QgdG9nZXRoZXIgPSBuZXcgU2V0PHN0cmluZz4oKVxuICAgIGZvciAoY29uc3QgcHJvcGVydHkgb2YgY2hlY2tlci5nZXRQcm9wZXJ0aWVzT2ZUeXBlKHR5cGUpKSB7XG4gICAgICBjb25zdCB7IG5hbWUgfSA9IHByb3BlcnR5XG4gICAgICBjb25zdCBvd24gPSBwcml2YXRlcy5vZihwcm9wZXJ0eSlcbiAgICAgIGlmIChvd24gIT09IHVuZGVmaW5lZCkgdG9nZXRoZXIuYWRkKG93bilcbiAgICAgIGVsc2UgaWYgKGNhbmRpZGF0ZXMuaGFzKG5hbWUpKSB7XG4gICAgICAgIGlmIChwcm9wZXJ0eS5mbGFncyAmIHRzLlN5bWJvbEZsYWdzLk9wdGlvbmFsKSBjYW5kaWRhdGVzLmRlbGV0ZShuYW1lKVxuICAgICAgICBpZiAocHJvcGVydHkuZmxhZ3MgJiB0cy5TeW1ib2xGbGFncy5NZXRob2QpIG1ldGhvZHMuYWRkKG5hbWUpXG4gICAgICAgIHRvZ2V0aGVyLmFkZChuYW1lKVxuICAgICAgfVxuICAgIH1cbiAgICBmb3IgKGNvbnN0IG5hbWUgb2YgdG9nZXRoZXIpIHtcbiAgICAgIGNvbnN0IG90aGVycyA9IHJpdmFscy5nZXQobmFtZSkgPz8gbmV3IFNldCgpXG4gICAgICBmb3IgKGNvbnN0IG90aGVyIG9mIHRvZ2V0aGVyKSBpZiAob3RoZXIgIT09IG5hbWUpIG90aGVycy5hZGQob3RoZXIpXG4gICAgICByaXZhbHMuc2V0KG5hbWUsIG90aGVycylcbiAgICB9XG4gIH1cbiAgY29uc3QgdmlzaXQgPSAobm9kZTogdHMuTm9kZSk6IHZvaWQgPT4ge1xuICAgIGlmICh0cy5pc0NsYXNzTGlrZShub2RlKSkge1xuICAgICAgY29uc3Qgc3ltYm9sID0gY2hlY2tlci5nZXRTeW1ib2xBdExvY2F0aW9uKG5vZGUubmFtZSA/PyBub2RlKVxuICAgICAgaWYgKHN5bWJvbCAhPT0gdW5kZWZpbmVkKSB7XG4gICAgICAgIG1lZXQoY2hlY2tlci5nZXREZWNsYXJlZFR5cGVPZlN5bWJvbChzeW1ib2wpKVxuICAgICAgICBtZWV0KGNoZWNrZXIuZ2V0VHlwZU9mU3ltYm9sKHN5bWJvbCkpXG4gICAgICB9XG4gICAgfVxuICAgIGlmICh0cy5pc0ludGVyZmFjZURlY2xhcmF0aW9uKG5vZGUpIHx8IHRzLmlzVHlwZUFsaWFzRGVjbGFyYXRpb24obm9kZSkpIG1lZXQoY2hlY2tlci5nZXRUeXBlQXRMb2NhdGlvbihub2RlLm5hbWUpKVxuICAgIGlmICh0cy5pc1R5cGVOb2RlKG5vZGUpKSBtZWV0KGNoZWNrZXIuZ2V0VHlwZUZyb21UeXBlTm9kZShub2RlKSlcbiAgICBpZiAodHMuaXNPYmplY3RMaXRlcmFsRXhwcmVzc2lvbihub2RlKSB8fCB0cy5pc0NhbGxFeHByZXNzaW9uKG5vZGUpIHx8IHRzLmlzTmV3RXhwcmVzc2lvbihub2RlKSkge1xuICAgICAgbWVldChjaGVja2VyLmdldFR5cGVBdExvY2F0aW9uKG5vZGUpKVxuICAgICAgY29uc3QgZXhwZWN0ZWQgPSBjaGVja2VyLmdldENvbnRleHR1YWxUeXBlKG5vZGUpXG4gICAgICBpZiAoZXhwZWN0ZWQgIT09IHVuZGVmaW5lZCkgbWVldChleHBlY3RlZClcbiAgICB9XG4gICAgdHMuZm9yRWFjaENoaWxkKG5vZGUsIHZpc2l0KVxuICB9XG4gIGZpbGVzLmZvckVhY2godmlzaXQpXG5cbiAgY29uc3Qgc2hhcmVkID0gbmV3IE1hcDxzdHJpbmcsIHN0cmluZz4oKVxuICAvLyBUaG9zZSBmaXJzdCB0aGF0IGFyZSBoYXJkZXN0IHRvIHBsYWNlLlxuICBjb25zdCBwbGFjZWQgPSBbLi4uY2FuZGlkYXRlc10uc29ydCgoYSwgYikgPT4gKHJpdmFscy5nZXQoYik/LnNpemUgPz8gMCkgLSAocml2YWxzLmdldChhKT8uc2l6ZSA/PyAwKSB8fCAoYSA8IGIgPyAtMSA6IDEpKVxuICBmb3IgKGNvbnN0IG5hbWUgb2YgcGxhY2VkKSB7XG4gICAgY29uc3QgdGFrZW4gPSBuZXcgU2V0KFsuLi4ocml2YWxzLmdldChuYW1lKSA/PyBbXSldLm1hcCgocml2YWwpID0+IHNoYXJlZC5nZXQocml2YWwpID8/IHJpdmFsKSlcbiAgICBjb25zdCBraW5kID0gbWV0aG9kcy5oYXMobmFtZSkgPyAnZicgOiAnbSdcbiAgICBsZXQgbnVtYmVyID0gMFxuICAgIHdoaWxlICh0YWtlbi5oYXMoYCR7a2luZH0ke251bWJlcn0kYCkpIG51bWJlcisrXG4gICAgc2hhcmVkLnNldChuYW1lLCBgJHtraW5kfSR7bnVtYmVyfSRgKVxuICB9XG4gIHJldHVybiBzaGFyZWRcbn1cbiJdLAogICJtYXBwaW5ncyI6ICI7QUFBOEwsU0FBUyxxQkFBcUI7QUFFNU4sU0FBUyxvQkFBb0I7OztBQ0YrSyxPQUFPLFFBQVE7QUFTcE4sU0FBUyxjQUFjLEVBQUUsU0FBUyxNQUFNLEdBQWlDO0FBQzlFLFFBQU0sUUFBUSxvQkFBSSxJQUFvQjtBQUN0QyxRQUFNLGFBQWEsQ0FBQyxNQUFlLFVBQXdCO0FBQ3pELFFBQUksR0FBRywyQkFBMkIsSUFBSSxLQUFLLEtBQUssUUFBUSxNQUFNLDRCQUE0QjtBQUN4RixZQUFNLEtBQUssRUFBRSxPQUFPLEtBQUssU0FBUyxHQUFHLEtBQUssS0FBSyxLQUFLLE1BQU0sWUFBWSxDQUFDO0FBQUEsSUFDekUsTUFBTyxJQUFHLGFBQWEsTUFBTSxDQUFDLFVBQVUsV0FBVyxPQUFPLEtBQUssQ0FBQztBQUFBLEVBQ2xFO0FBQ0EsUUFBTSxRQUFRLENBQUMsTUFBZSxVQUF3QjtBQUNwRCxRQUFJLEdBQUcsZUFBZSxJQUFJLEtBQUssR0FBRyxZQUFZLElBQUksS0FBSyxHQUFHLFdBQVcsSUFBSSxFQUFHO0FBQzVFLFVBQU0sUUFBUSxHQUFHLG1CQUFtQixJQUFJLElBQUksU0FBUyxNQUFNLE9BQU8sSUFBSTtBQUN0RSxRQUFJLFVBQVUsT0FBVyxJQUFHLGFBQWEsTUFBTSxDQUFDLFVBQVUsTUFBTSxPQUFPLEtBQUssQ0FBQztBQUFBLFFBQ3hFLE9BQU0sS0FBSyxFQUFFLE9BQU8sS0FBSyxTQUFTLEdBQUcsS0FBSyxLQUFLLEtBQUssTUFBTSxRQUFRLEtBQUssRUFBRSxDQUFDO0FBQUEsRUFDakY7QUFDQSxhQUFXLFFBQVEsT0FBTztBQUN4QixVQUFNLFFBQWdCLENBQUM7QUFDdkIsZUFBVyxNQUFNLEtBQUs7QUFDdEIsZUFBVyxhQUFhLEtBQUssV0FBWSxLQUFJLEdBQUcsb0JBQW9CLFNBQVMsRUFBRyxPQUFNLFdBQVcsS0FBSztBQUN0RyxVQUFNLElBQUksS0FBSyxVQUFVLEtBQUs7QUFBQSxFQUNoQztBQUNBLFNBQU87QUFDVDtBQUdBLFNBQVMsUUFBUSxPQUFnQztBQUMvQyxNQUFJLE9BQU8sVUFBVSxTQUFVLFFBQU8sR0FBRyxLQUFLO0FBQzlDLFNBQU8sUUFBUSxLQUFLLElBQUksUUFBUSxDQUFDLEtBQUssQ0FBQyxLQUFLLEtBQUssTUFBTSxTQUFTLEVBQUUsQ0FBQztBQUNyRTtBQUdPLFNBQVMsU0FBUyxNQUFxQixTQUFzRDtBQUNsRyxNQUFJLEdBQUcsaUJBQWlCLElBQUksRUFBRyxRQUFPLE9BQU8sS0FBSyxJQUFJO0FBQ3RELE1BQUksR0FBRyxnQkFBZ0IsSUFBSSxFQUFHLFFBQU8sT0FBTyxLQUFLLEtBQUssTUFBTSxHQUFHLEVBQUUsQ0FBQztBQUNsRSxNQUFJLEdBQUcsMEJBQTBCLElBQUksRUFBRyxRQUFPLFNBQVMsS0FBSyxZQUFZLE9BQU87QUFDaEYsTUFBSSxHQUFHLGFBQWEsSUFBSSxHQUFHO0FBQ3pCLFVBQU0sY0FBYyxjQUFjLE1BQU0sT0FBTztBQUMvQyxXQUFPLGVBQWUsU0FBUyxhQUFhLE9BQU87QUFBQSxFQUNyRDtBQUNBLE1BQUksR0FBRyx3QkFBd0IsSUFBSSxLQUFLLEtBQUssYUFBYSxHQUFHLFdBQVcsWUFBWTtBQUNsRixVQUFNLFFBQVEsU0FBUyxLQUFLLFNBQVMsT0FBTztBQUM1QyxXQUFPLFVBQVUsU0FBWSxTQUFZLENBQUM7QUFBQSxFQUM1QztBQUNBLE1BQUksQ0FBQyxHQUFHLG1CQUFtQixJQUFJLEVBQUcsUUFBTztBQUN6QyxRQUFNLE9BQU8sU0FBUyxLQUFLLE1BQU0sT0FBTztBQUN4QyxRQUFNLFFBQVEsU0FBUyxLQUFLLE9BQU8sT0FBTztBQUMxQyxNQUFJLFNBQVMsVUFBYSxPQUFPLFNBQVMsT0FBTyxNQUFPLFFBQU87QUFFL0QsU0FBTyxVQUFVLEtBQUssY0FBYyxNQUFNLE1BQWdCLEtBQWU7QUFDM0U7QUFFQSxTQUFTLFVBQVUsVUFBeUIsTUFBYyxPQUFtQztBQUMzRixVQUFRLFVBQVU7QUFBQSxJQUNoQixLQUFLLEdBQUcsV0FBVztBQUNqQixhQUFPLE9BQU87QUFBQSxJQUNoQixLQUFLLEdBQUcsV0FBVztBQUNqQixhQUFPLE9BQU87QUFBQSxJQUNoQixLQUFLLEdBQUcsV0FBVztBQUNqQixhQUFPLE9BQU87QUFBQSxJQUNoQixLQUFLLEdBQUcsV0FBVztBQUNqQixhQUFPLFFBQVE7QUFBQSxJQUNqQixLQUFLLEdBQUcsV0FBVztBQUNqQixhQUFPLFFBQVE7QUFBQSxJQUNqQjtBQUNFLGFBQU87QUFBQSxFQUNYO0FBQ0Y7QUFHQSxTQUFTLGNBQWMsTUFBcUIsU0FBb0Q7QUFDOUYsUUFBTSxTQUFTLFFBQVEsb0JBQW9CLElBQUk7QUFDL0MsUUFBTSxTQUFTLFVBQVUsT0FBTyxRQUFRLEdBQUcsWUFBWSxRQUFRLFFBQVEsaUJBQWlCLE1BQU0sSUFBSTtBQUNsRyxRQUFNLGNBQWMsUUFBUTtBQUM1QixRQUFNLGFBQ0osZUFBZSxHQUFHLHNCQUFzQixXQUFXLEtBQUssR0FBRyxxQkFBcUIsV0FBVyxJQUFJLEdBQUcsVUFBVTtBQUM5RyxTQUFPLGFBQWEsWUFBWSxjQUFjO0FBQ2hEOzs7QUNuRjROLFNBQVMsZ0JBQWdCO0FBQ3JQLFNBQVMscUJBQXFCO0FBQzlCLE9BQU9BLFNBQVE7QUFHZixJQUFNLGVBQWU7QUFFckIsSUFBTSxhQUFhO0FBS25CLElBQU0sWUFBWSxDQUFDLE1BQU0sS0FBSyxNQUFNLE1BQU0sTUFBTSxDQUFDO0FBbUIxQyxTQUFTLGtCQUFrQixNQUFzQjtBQUN0RCxRQUFNLEVBQUUsV0FBVyxJQUFJLE9BQU8sSUFBSTtBQUNsQyxRQUFNLFVBQW9CLENBQUM7QUFDM0IsUUFBTSxVQUFvQixDQUFDO0FBQzNCLFFBQU0sZUFBOEIsQ0FBQztBQUNyQyxhQUFXLGFBQWEsWUFBWTtBQUNsQyxVQUFNLE9BQU8sVUFBVSxZQUFZLEVBQUUsS0FBSztBQUMxQyxRQUFJQyxJQUFHLG9CQUFvQixTQUFTLEVBQUcsU0FBUSxLQUFLLElBQUk7QUFBQSxhQUMvQ0EsSUFBRyxvQkFBb0IsU0FBUyxFQUFHLFNBQVEsS0FBSyxJQUFJO0FBQUEsYUFDcERBLElBQUcsc0JBQXNCLFNBQVM7QUFDekMsbUJBQWEsS0FBSyxFQUFFLEdBQUcsUUFBUSxTQUFTLEdBQUcsTUFBTSxVQUFVLEtBQU0sTUFBTSxNQUFNLE9BQU8sb0JBQUksSUFBSSxFQUFFLENBQUM7QUFBQSxhQUN4RkEsSUFBRyxvQkFBb0IsU0FBUyxFQUFHLGNBQWEsS0FBSyxHQUFHLFVBQVUsU0FBUyxDQUFDO0FBQUEsUUFDaEYsUUFBTztBQUFBLEVBQ2Q7QUFDQSxRQUFNLFFBQVEsTUFBTSxZQUFZO0FBQ2hDLFNBQU8sQ0FBQyxHQUFHLFNBQVMsR0FBRyxNQUFNLElBQUksQ0FBQyxVQUFVLGFBQWEsS0FBSyxFQUFHLElBQUksR0FBRyxHQUFHLE9BQU8sRUFBRSxLQUFLLElBQUk7QUFDL0Y7QUFFQSxTQUFTLFVBQVUsRUFBRSxnQkFBZ0IsR0FBd0M7QUFDM0UsUUFBTSxPQUFPLGdCQUFnQixRQUFRQSxJQUFHLFVBQVUsUUFBUSxVQUFVLGdCQUFnQixRQUFRQSxJQUFHLFVBQVUsTUFBTSxRQUFRO0FBQ3ZILFNBQU8sZ0JBQWdCLGFBQWEsSUFBSSxDQUFDLFNBQVM7QUFDaEQsV0FBTyxFQUFFLEdBQUcsUUFBUSxJQUFJLEdBQUcsTUFBTSxLQUFLLEtBQUssUUFBUSxHQUFHLE1BQU0sR0FBRyxJQUFJLElBQUksS0FBSyxRQUFRLENBQUMsSUFBSTtBQUFBLEVBQzNGLENBQUM7QUFDSDtBQUVBLFNBQVMsUUFBUSxhQUF1RztBQUN0SCxRQUFNLFFBQVEsb0JBQUksSUFBWTtBQUM5QixRQUFNLFdBQVcsb0JBQUksSUFBWTtBQUNqQyxRQUFNLFFBQVEsQ0FBQyxNQUFlLFlBQTJCO0FBQ3ZELFFBQUlBLElBQUcsYUFBYSxJQUFJLEdBQUc7QUFDekIsZUFBUyxJQUFJLEtBQUssSUFBSTtBQUN0QixVQUFJLENBQUMsUUFBUyxPQUFNLElBQUksS0FBSyxJQUFJO0FBQUEsSUFDbkM7QUFFQSxJQUFBQSxJQUFHLGFBQWEsTUFBTSxDQUFDLFVBQVUsTUFBTSxPQUFPLFdBQVksVUFBVSxJQUFJLEtBQUssQ0FBQ0EsSUFBRyx1QkFBdUIsS0FBSyxDQUFFLENBQUM7QUFBQSxFQUNsSDtBQUNBLFFBQU0sYUFBYSxLQUFLO0FBQ3hCLFNBQU8sRUFBRSxPQUFPLFNBQVM7QUFDM0I7QUFHQSxTQUFTLFVBQVUsTUFBd0I7QUFDekMsTUFBSSxDQUFDQSxJQUFHLGVBQWUsSUFBSSxFQUFHLFFBQU87QUFDckMsU0FBT0EsSUFBRyxzQkFBc0IsSUFBSSxLQUFLQSxJQUFHLFlBQVksS0FBSyxNQUFNLEtBQUtBLElBQUcsc0JBQXNCLEtBQUssTUFBTTtBQUM5RztBQUdBLFNBQVMsTUFBTSxLQUF1QztBQUNwRCxRQUFNLFFBQVEsUUFBUSxHQUFHO0FBQ3pCLFFBQU0sUUFBUSxTQUFTLEdBQUc7QUFDMUIsUUFBTSxTQUFTLFVBQVUsSUFBSSxDQUFDLGFBQWEsUUFBUSxJQUFJLE9BQU8sT0FBTyxRQUFRLEdBQUcsS0FBSyxDQUFDO0FBQ3RGLFFBQU0sVUFBVSxDQUFDLFVBQTZCLFNBQVMsTUFBTSxJQUFJLENBQUMsVUFBVSxNQUFNLEtBQUssQ0FBRSxFQUFFLEtBQUssR0FBRyxHQUFHLEVBQUUsT0FBTyxFQUFFLENBQUMsRUFBRTtBQUNwSCxTQUFPLE9BQU8sT0FBTyxDQUFDLE1BQU0sVUFBVyxRQUFRLEtBQUssSUFBSSxRQUFRLElBQUksSUFBSSxRQUFRLElBQUs7QUFDdkY7QUFFQSxTQUFTLFFBQVEsUUFBZ0IsT0FBaUQ7QUFDaEYsUUFBTSxPQUFPLElBQUksSUFBSSxNQUFNLEtBQUssQ0FBQztBQUNqQyxRQUFNLFFBQWtCLENBQUM7QUFDekIsU0FBTyxLQUFLLE9BQU8sR0FBRztBQUNwQixVQUFNLE9BQU8sQ0FBQyxHQUFHLElBQUksRUFBRSxPQUFPLENBQUMsVUFBVSxDQUFDLENBQUMsR0FBRyxNQUFNLEtBQUssQ0FBRSxFQUFFLEtBQUssQ0FBQyxTQUFTLEtBQUssSUFBSSxJQUFJLENBQUMsQ0FBQztBQUUzRixVQUFNLE9BQ0osS0FBSyxXQUFXLElBQ1osS0FBSyxJQUFJLEdBQUcsSUFBSSxJQUNoQixLQUFLLE9BQU8sQ0FBQyxNQUFNLFVBQVcsT0FBTyxNQUFNLEtBQUssSUFBSSxPQUFPLE1BQU0sSUFBSSxJQUFJLFFBQVEsSUFBSztBQUM1RixTQUFLLE9BQU8sSUFBSTtBQUNoQixVQUFNLEtBQUssSUFBSTtBQUNmLFdBQU8sS0FBSyxJQUFJO0FBQUEsRUFDbEI7QUFDQSxTQUFPO0FBQ1Q7QUFHQSxTQUFTLFFBQVEsS0FBb0Q7QUFDbkUsUUFBTSxTQUFTLElBQUksSUFBSSxJQUFJLElBQUksQ0FBQyxFQUFFLEtBQUssR0FBRyxVQUFVLENBQUMsTUFBTSxLQUFLLENBQUMsQ0FBQztBQUNsRSxTQUFPLElBQUksSUFBSSxDQUFDLEVBQUUsTUFBTSxHQUFHLFFBQVE7QUFDakMsVUFBTSxRQUFRLG9CQUFJLElBQVk7QUFDOUIsVUFBTSxTQUFTLENBQUMsVUFBcUM7QUFDbkQsaUJBQVcsUUFBUSxPQUFPO0FBQ3hCLGNBQU0sUUFBUSxPQUFPLElBQUksSUFBSTtBQUM3QixZQUFJLFVBQVUsVUFBYSxVQUFVLE9BQU8sTUFBTSxJQUFJLEtBQUssRUFBRztBQUM5RCxjQUFNLElBQUksS0FBSztBQUNmLGVBQU8sSUFBSSxLQUFLLEVBQUcsUUFBUTtBQUFBLE1BQzdCO0FBQUEsSUFDRjtBQUNBLFdBQU8sS0FBSztBQUNaLFdBQU87QUFBQSxFQUNULENBQUM7QUFDSDtBQUdBLFNBQVMsU0FBUyxLQUF1QztBQUN2RCxRQUFNLEVBQUUsS0FBSyxJQUFJLGNBQWMsSUFBSSxJQUFJLENBQUMsRUFBRSxLQUFLLE1BQU0sSUFBSSxFQUFFLEtBQUssSUFBSSxHQUFHLEVBQUUsUUFBUSxNQUFNLFFBQVEsT0FBTyxRQUFRLFNBQVMsQ0FBQztBQUN4SCxRQUFNLFFBQVEsT0FBTyxJQUFJLEVBQUUsV0FBVyxRQUFRLENBQUMsY0FBYztBQUMzRCxXQUFPQSxJQUFHLG9CQUFvQixTQUFTLElBQ25DLFVBQVUsZ0JBQWdCLGFBQWEsSUFBSSxDQUFDLFNBQVMsS0FBSyxRQUFRLENBQUMsSUFDbkUsQ0FBQyxVQUFVLFFBQVEsQ0FBQztBQUFBLEVBQzFCLENBQUM7QUFDRCxNQUFJLE1BQU0sV0FBVyxJQUFJLE9BQVEsT0FBTSxJQUFJLE1BQU0sc0RBQXNEO0FBQ3ZHLFNBQU87QUFDVDtBQUdBLElBQU0sU0FBTixNQUFhO0FBQUEsRUFVWCxZQUNtQixPQUNqQixVQUNBO0FBRmlCO0FBUm5CO0FBQUEsU0FBaUIsU0FBUyxvQkFBSSxJQUFzQjtBQUdwRCxTQUFpQixTQUFTLG9CQUFJLElBQW9CO0FBQ2xELFNBQWlCLFNBQW1CLENBQUM7QUFDckMsU0FBUSxRQUFRO0FBTWQsU0FBSyxPQUFPLE1BQU0sSUFBSSxNQUFNO0FBQzVCLGVBQVcsQ0FBQyxPQUFPLElBQUksS0FBSyxLQUFLLEtBQUssUUFBUSxHQUFHO0FBQy9DLGlCQUFXLE9BQU8sTUFBTTtBQUN0QixjQUFNLFNBQVMsS0FBSyxPQUFPLElBQUksR0FBRztBQUNsQyxZQUFJLFdBQVcsT0FBVyxNQUFLLE9BQU8sSUFBSSxLQUFLLENBQUMsS0FBSyxDQUFDO0FBQUEsWUFDakQsUUFBTyxLQUFLLEtBQUs7QUFBQSxNQUN4QjtBQUFBLElBQ0Y7QUFDQSxlQUFXLENBQUMsS0FBSyxFQUFFLE9BQU8sQ0FBQyxLQUFLLEtBQUssT0FBUSxLQUFJLFdBQVcsRUFBRyxNQUFLLE9BQU8sT0FBTyxHQUFHO0FBQ3JGLFNBQUssUUFBUSxNQUFNLElBQUksTUFBTSxDQUFDO0FBQzlCLFNBQUssUUFBUSxLQUFLLEtBQUssSUFBSSxDQUFDLFVBQVUsSUFBSSxDQUFDLEdBQUcsSUFBSSxFQUFFLE9BQU8sQ0FBQyxLQUFLLFFBQVEsTUFBTSxLQUFLLE9BQU8sR0FBRyxHQUFHLENBQUMsTUFBTSxRQUFRO0FBQUEsRUFDbEg7QUFBQSxFQUVBLE1BQU0sT0FBdUI7QUFDM0IsV0FBTyxLQUFLLE1BQU0sS0FBSyxJQUFLLEtBQUssTUFBTSxLQUFLO0FBQUEsRUFDOUM7QUFBQSxFQUVBLEtBQUssT0FBcUI7QUFDeEIsU0FBSyxPQUFPLEtBQUssS0FBSztBQUN0QixTQUFLLFNBQVMsS0FBSyxNQUFNLEtBQUssRUFBRztBQUNqQyxTQUFLLE1BQU0sT0FBTyxDQUFDO0FBQ25CLFdBQU8sS0FBSyxRQUFRLGdCQUFnQixLQUFLLE9BQU8sU0FBUyxHQUFHO0FBQzFELFlBQU0sU0FBUyxLQUFLLE9BQU8sTUFBTTtBQUNqQyxXQUFLLFNBQVMsS0FBSyxNQUFNLE1BQU0sRUFBRztBQUNsQyxXQUFLLE1BQU0sUUFBUSxFQUFFO0FBQUEsSUFDdkI7QUFBQSxFQUNGO0FBQUEsRUFFUSxNQUFNLE9BQWUsSUFBa0I7QUFDN0MsZUFBVyxPQUFPLEtBQUssS0FBSyxLQUFLLEdBQUk7QUFDbkMsWUFBTSxTQUFTLEtBQUssT0FBTyxJQUFJLEdBQUcsS0FBSztBQUN2QyxXQUFLLE9BQU8sSUFBSSxLQUFLLFNBQVMsRUFBRTtBQUNoQyxVQUFJLFNBQVMsS0FBSyxTQUFTLEtBQUssRUFBRztBQUNuQyxpQkFBVyxTQUFTLEtBQUssT0FBTyxJQUFJLEdBQUcsS0FBSyxDQUFDLEVBQUcsTUFBSyxNQUFNLEtBQUssS0FBTSxLQUFLLEtBQUssT0FBTyxHQUFHO0FBQUEsSUFDNUY7QUFBQSxFQUNGO0FBQUEsRUFFUSxPQUFPLEtBQXFCO0FBQ2xDLFVBQU0sU0FBUyxLQUFLLE9BQU8sSUFBSSxHQUFHO0FBQ2xDLFdBQU8sV0FBVyxTQUFZLElBQUksS0FBSyxJQUFJLEtBQUssTUFBTSxTQUFTLE9BQU8sTUFBTTtBQUFBLEVBQzlFO0FBQ0Y7QUFFQSxTQUFTLE9BQU8sTUFBMkI7QUFDekMsUUFBTSxPQUFPLG9CQUFJLElBQVk7QUFDN0IsV0FBUyxRQUFRLEdBQUcsUUFBUSxjQUFjLEtBQUssUUFBUSxRQUFTLE1BQUssSUFBSSxLQUFLLE1BQU0sT0FBTyxRQUFRLFVBQVUsQ0FBQztBQUM5RyxTQUFPO0FBQ1Q7QUFFQSxTQUFTLE9BQU8sTUFBNkI7QUFDM0MsU0FBT0EsSUFBRyxpQkFBaUIsWUFBWSxNQUFNQSxJQUFHLGFBQWEsUUFBUSxJQUFJO0FBQzNFOzs7QUMvTE8sU0FBUyxPQUFPLE1BQWMsT0FBZ0M7QUFDbkUsUUFBTSxRQUFrQixDQUFDO0FBQ3pCLE1BQUksTUFBTTtBQUNWLGFBQVcsUUFBUSxDQUFDLEdBQUcsS0FBSyxFQUFFLEtBQUssQ0FBQyxHQUFHLE1BQU0sRUFBRSxRQUFRLEVBQUUsU0FBUyxFQUFFLE1BQU0sRUFBRSxHQUFHLEdBQUc7QUFDaEYsVUFBTSxLQUFLLEtBQUssTUFBTSxLQUFLLEtBQUssS0FBSyxHQUFHLEtBQUssSUFBSTtBQUNqRCxVQUFNLEtBQUs7QUFBQSxFQUNiO0FBQ0EsU0FBTyxNQUFNLEtBQUssRUFBRSxJQUFJLEtBQUssTUFBTSxHQUFHO0FBQ3hDOzs7QUNoQnNOLFNBQVMsYUFBYSxvQkFBb0I7QUFDaFEsU0FBUyxZQUFZO0FBQ3JCLE9BQU9DLFNBQVE7QUFnQlIsU0FBUyxjQUFjQyxVQUFrQixTQUE0QixVQUF1QztBQUNqSCxRQUFNLEVBQUUsU0FBUyxTQUFTLE1BQU0sSUFBSUE7QUFDcEMsUUFBTSxNQUFNLElBQUksSUFBSSxLQUFLO0FBQ3pCLFFBQU0sU0FBUyxvQkFBSSxJQUFZO0FBQy9CLFFBQU0sVUFBVSxvQkFBSSxJQUFZLENBQUMsR0FBRyxjQUFjLFNBQVMsU0FBUyxPQUFPLEdBQUcsR0FBR0MsU0FBUSxRQUFRLENBQUMsQ0FBQztBQUNuRyxRQUFNLFNBQVMsQ0FBQyxZQUNiLE9BQU8sZ0JBQWdCLENBQUMsR0FBRyxTQUFTLEtBQ3JDLE9BQU8sYUFBYyxNQUFNLENBQUMsZ0JBQWdCO0FBQzFDLFVBQU0sUUFBUSxZQUFZO0FBQzFCLFVBQU0sV0FDSkMsSUFBRyxZQUFZLEtBQUssS0FDcEJBLElBQUcsdUJBQXVCLEtBQUssS0FDOUJBLElBQUcsa0JBQWtCLEtBQUssS0FBS0EsSUFBRyx1QkFBdUIsTUFBTSxNQUFNLEtBQ3JFQSxJQUFHLFlBQVksV0FBVyxLQUFLQSxJQUFHLHlCQUF5QixLQUFLO0FBQ25FLFdBQU8sWUFBWSxJQUFJLElBQUksWUFBWSxjQUFjLENBQUM7QUFBQSxFQUN4RCxDQUFDO0FBQ0gsUUFBTSxPQUFPLENBQUMsTUFBYyxXQUFrQztBQUM1RCxRQUFJLFdBQVcsVUFBYSxPQUFPLE1BQU0sRUFBRyxRQUFPLElBQUksSUFBSTtBQUFBLFFBQ3RELFNBQVEsSUFBSSxJQUFJO0FBQUEsRUFDdkI7QUFFQSxRQUFNLFFBQVEsQ0FBQ0MsVUFBcUMsU0FBd0M7QUFDMUYsVUFBTSxPQUFPLFFBQVEsa0JBQWtCQSxRQUFPO0FBQzlDLFFBQUksU0FBUyxPQUFXLFFBQU87QUFDL0IsVUFBTSxRQUFRLEtBQUssUUFBUSxJQUFJLEtBQUssUUFBUSxDQUFDLElBQUk7QUFDakQsVUFBTSxRQUFRLE1BQU0sUUFBUSxDQUFDLFNBQVMsUUFBUSxrQkFBa0IsUUFBUSxtQkFBbUIsSUFBSSxHQUFHLElBQUksS0FBSyxDQUFDLENBQUM7QUFDN0csV0FBTyxNQUFNLFNBQVMsS0FBSyxNQUFNLE1BQU0sTUFBTSxJQUFJLE1BQU0sQ0FBQyxJQUFJO0FBQUEsRUFDOUQ7QUFDQSxRQUFNLFFBQVEsQ0FBQyxTQUF3QjtBQUVyQyxRQUFJLE9BQU8sSUFBSSxHQUFHO0FBQ2hCLFlBQU0sS0FBSyxjQUFlLENBQUMsQ0FBRTtBQUM3QjtBQUFBLElBQ0Y7QUFDQSxRQUFJRCxJQUFHLG9CQUFvQixJQUFJLEtBQUssV0FBVyxLQUFLLEtBQUssSUFBSSxFQUFHLFNBQVEsSUFBSSxLQUFLLElBQUk7QUFDckYsUUFBSUEsSUFBRywyQkFBMkIsSUFBSSxHQUFHO0FBQ3ZDLFlBQU0sT0FBTyxRQUFRLGtCQUFrQixLQUFLLFVBQVU7QUFDdEQsWUFBTSxRQUFRLEtBQUssUUFBUSxJQUFJLEtBQUssUUFBUSxDQUFDLElBQUk7QUFDakQsWUFBTSxVQUFVLE1BQU0sSUFBSSxDQUFDLFNBQVMsUUFBUSxrQkFBa0IsUUFBUSxtQkFBbUIsSUFBSSxHQUFHLEtBQUssS0FBSyxJQUFJLENBQUM7QUFDL0csWUFBTSxRQUFRLFFBQVEsT0FBTyxDQUFDLFdBQVcsV0FBVyxNQUFTO0FBQzdELFVBQUksTUFBTSxXQUFXLEVBQUcsTUFBSyxLQUFLLEtBQUssTUFBTSxRQUFRLG9CQUFvQixLQUFLLElBQUksQ0FBQztBQUFBLFVBQzlFLFlBQVcsVUFBVSxNQUFPLE1BQUssS0FBSyxLQUFLLE1BQU0sTUFBTTtBQUFBLElBQzlELFlBQ0dBLElBQUcscUJBQXFCLElBQUksS0FDM0JBLElBQUcsOEJBQThCLElBQUksS0FDckNBLElBQUcsb0JBQW9CLElBQUksS0FDM0JBLElBQUcsV0FBVyxJQUFJLE1BQ3BCQSxJQUFHLDBCQUEwQixLQUFLLE1BQU0sR0FDeEM7QUFDQSxVQUFJQSxJQUFHLGFBQWEsS0FBSyxJQUFJLEVBQUcsTUFBSyxLQUFLLEtBQUssTUFBTSxNQUFNLEtBQUssUUFBUSxLQUFLLEtBQUssSUFBSSxDQUFDO0FBQUEsSUFDekYsV0FBV0EsSUFBRyxpQkFBaUIsSUFBSSxLQUFLQSxJQUFHLHVCQUF1QixLQUFLLE1BQU0sS0FBSyxLQUFLLG1CQUFtQixRQUFXO0FBQ25ILFlBQU0sT0FBTyxLQUFLLGdCQUFnQixLQUFLO0FBQ3ZDLFVBQUlBLElBQUcsYUFBYSxJQUFJLEdBQUc7QUFDekIsY0FBTSxPQUFPLFFBQVEsa0JBQWtCLEtBQUssTUFBTTtBQUNsRCxjQUFNLFFBQVEsS0FBSyxRQUFRLElBQUksS0FBSyxRQUFRLENBQUMsSUFBSTtBQUNqRCxtQkFBVyxRQUFRLE1BQU8sTUFBSyxLQUFLLE1BQU0sUUFBUSxrQkFBa0IsUUFBUSxtQkFBbUIsSUFBSSxHQUFHLEtBQUssSUFBSSxDQUFDO0FBQUEsTUFDbEg7QUFBQSxJQUNGLFdBQ0VBLElBQUcsb0JBQW9CLElBQUksS0FDM0JBLElBQUcsa0JBQWtCLEtBQUssTUFBTSxLQUNoQyxDQUFDQSxJQUFHLHVCQUF1QixLQUFLLE9BQU8sTUFBTSxLQUM3Q0EsSUFBRyxhQUFhLEtBQUssSUFBSSxHQUN6QjtBQUNBLGNBQVEsSUFBSSxLQUFLLEtBQUssSUFBSTtBQUFBLElBQzVCO0FBQ0EsSUFBQUEsSUFBRyxhQUFhLE1BQU0sS0FBSztBQUFBLEVBQzdCO0FBQ0EsUUFBTSxRQUFRLEtBQUs7QUFDbkIsU0FBTyxDQUFDLEdBQUcsTUFBTSxFQUFFLE9BQU8sQ0FBQyxTQUFTLENBQUMsUUFBUSxJQUFJLElBQUksS0FBSyxLQUFLLFNBQVMsQ0FBQyxFQUFFLEtBQUs7QUFDbEY7QUFHQSxTQUFTLGNBQWMsU0FBcUIsU0FBeUIsU0FBeUM7QUFDNUcsUUFBTSxRQUFRLG9CQUFJLElBQVk7QUFDOUIsUUFBTSxRQUFRLG9CQUFJLElBQWE7QUFDL0IsUUFBTUUsWUFBVyxvQkFBSSxJQUFlO0FBQ3BDLFFBQU0sTUFBTSxDQUFDLFNBQW9DO0FBQy9DLFFBQUksU0FBUyxPQUFXLE9BQU0sSUFBSSxJQUFJO0FBQUEsRUFDeEM7QUFLQSxRQUFNLFVBQVUsQ0FBQyxTQUEyQjtBQUMxQyxVQUFNLFNBQVMsS0FBSyxlQUFlLEtBQUs7QUFDeEMsUUFBSSxXQUFXLE9BQVcsUUFBTztBQUNqQyxRQUFJQSxVQUFTLElBQUksTUFBTSxFQUFHLFFBQU87QUFDakMsSUFBQUEsVUFBUyxJQUFJLE1BQU07QUFFbkIsUUFBSSxPQUFPLFFBQVFGLElBQUcsWUFBWSxLQUFNLFdBQVUsUUFBUSx3QkFBd0IsTUFBTSxDQUFDO0FBQ3pGLFdBQU87QUFBQSxFQUNUO0FBRUEsUUFBTSxjQUFjLENBQUMsU0FBd0I7QUFDM0MsUUFBSUEsSUFBRyxvQkFBb0IsSUFBSSxFQUFHLFlBQVcsWUFBWSxLQUFLLGlCQUFpQixDQUFDLEVBQUcsS0FBSSxRQUFRLG9CQUFvQixRQUFRLENBQUM7QUFDNUgsSUFBQUEsSUFBRyxhQUFhLE1BQU0sV0FBVztBQUFBLEVBQ25DO0FBRUEsUUFBTSxZQUFZLENBQUMsaUJBQ2pCLGFBQWEsU0FBUyxLQUN0QixhQUFhO0FBQUEsSUFDWCxDQUFDLGdCQUNDLFFBQVEsMkJBQTJCLFlBQVksY0FBYyxDQUFDLEtBQzlELFlBQVksY0FBYyxFQUFFLFNBQVMsU0FBUyxnQkFBZ0I7QUFBQSxFQUNsRTtBQUNGLFFBQU0sT0FBTyxDQUFDLFNBQXdCO0FBQ3BDLFFBQUksS0FBSyxzQkFBc0IsRUFBRyxNQUFLLE1BQU0sUUFBUSxHQUFHO0FBQ3hELGVBQVcsWUFBWSxZQUFZLElBQUksSUFBSSxRQUFRLGlCQUFpQixJQUFJLElBQUksQ0FBQyxFQUFHLEtBQUksUUFBUTtBQUM1RixTQUFLLG9CQUFvQixRQUFRLEdBQUc7QUFDcEMsU0FBSyxhQUFhLGNBQWMsUUFBUSxXQUFXO0FBQ25ELFFBQUksS0FBSyxnQkFBZ0IsRUFBRyxLQUFJLEtBQUssY0FBYyxDQUFDO0FBQ3BELFFBQUksS0FBSyxRQUFRQSxJQUFHLFVBQVUsYUFBYTtBQUN6QyxZQUFNLEVBQUUsS0FBSyxJQUFLLEtBQTRCO0FBQzlDLFVBQUksUUFBUSxvQkFBb0IsS0FBSyxRQUFRLENBQUM7QUFDOUMsVUFBSSxRQUFRLG9CQUFvQixLQUFLLFNBQVMsQ0FBQztBQUFBLElBQ2pEO0FBQ0EsUUFBSSxLQUFLLFFBQVFBLElBQUcsVUFBVSxVQUFVLENBQUMsVUFBVSxLQUFLLFFBQVEsZ0JBQWdCLENBQUMsQ0FBQyxLQUFLLFFBQVEsSUFBSSxFQUFHLFdBQVUsSUFBSTtBQUFBLEVBQ3RIO0FBQ0EsUUFBTSxZQUFZLENBQUMsU0FBd0I7QUFDekMsVUFBTSxhQUFhLFFBQVEsb0JBQW9CLElBQUksRUFBRSxPQUFPLENBQUMsYUFBYSxDQUFDLFVBQVUsUUFBUSxLQUFLLENBQUMsV0FBVyxRQUFRLENBQUM7QUFDdkgsU0FBSyxhQUFhLEdBQUcsUUFBUSxHQUFHO0FBQ2hDLGVBQVcsWUFBWSxZQUFZO0FBQ2pDLFlBQU0sSUFBSSxTQUFTLElBQUk7QUFDdkIsVUFBSSxTQUFTLGNBQWMsT0FBUSxLQUFJLFFBQVEsZ0JBQWdCLFFBQVEsQ0FBQztBQUFBLElBQzFFO0FBQ0EsZUFBVyxhQUFhLENBQUMsR0FBRyxLQUFLLGtCQUFrQixHQUFHLEdBQUcsS0FBSyx1QkFBdUIsQ0FBQyxHQUFHO0FBQ3ZGLFVBQUksVUFBVSxjQUFjLENBQUM7QUFDN0IsaUJBQVcsYUFBYSxVQUFVLGNBQWMsRUFBRyxLQUFJLFFBQVEsZ0JBQWdCLFNBQVMsQ0FBQztBQUN6RixnQkFBVSxrQkFBa0IsR0FBRyxRQUFRLEdBQUc7QUFBQSxJQUM1QztBQUNBLGVBQVcsU0FBUyxRQUFRLG9CQUFvQixJQUFJLEVBQUcsS0FBSSxNQUFNLElBQUk7QUFBQSxFQUN2RTtBQUNBLGFBQVdHLFVBQVMsU0FBUztBQUMzQixVQUFNLE9BQU8sUUFBUSxjQUFjQSxNQUFLO0FBQ3hDLFVBQU0sU0FBUyxRQUFRLFFBQVEsb0JBQW9CLElBQUk7QUFDdkQsZUFBVyxVQUFVLFdBQVcsU0FBWSxDQUFDLElBQUksUUFBUSxtQkFBbUIsTUFBTSxHQUFHO0FBQ25GLFlBQU0sU0FBUyxPQUFPLFFBQVFILElBQUcsWUFBWSxRQUFRLFFBQVEsaUJBQWlCLE1BQU0sSUFBSTtBQUN4RixVQUFJLE9BQU8sUUFBUUEsSUFBRyxZQUFZLFNBQVMsQ0FBQyxXQUFXLE1BQU0sR0FBRztBQUM5RCxjQUFNLFFBQVEsUUFBUSxnQkFBZ0IsTUFBTTtBQUM1QyxZQUFJLEtBQUs7QUFDVCxrQkFBVSxLQUFLO0FBQUEsTUFDakI7QUFDQSxVQUFJLE9BQU8sUUFBUUEsSUFBRyxZQUFZLEtBQU0sS0FBSSxRQUFRLHdCQUF3QixNQUFNLENBQUM7QUFBQSxJQUNyRjtBQUFBLEVBQ0Y7QUFDQSxhQUFXLFFBQVEsTUFBTyxNQUFLLElBQUk7QUFDbkMsU0FBTztBQUNUO0FBR08sU0FBUyxPQUFPLE1BQWlEO0FBQ3RFLE1BQUksQ0FBQ0EsSUFBRyxvQkFBb0IsSUFBSSxLQUFLLENBQUNBLElBQUcsOEJBQThCLElBQUksRUFBRyxRQUFPO0FBQ3JGLFFBQU0sT0FBT0EsSUFBRyxvQkFBb0IsSUFBSSxJQUFJLEtBQUssV0FBVyxLQUFLO0FBQ2pFLFNBQU8sS0FBSyxlQUFlLFdBQVcsS0FBS0EsSUFBRyxhQUFhLElBQUksS0FBSyxnQkFBZ0IsS0FBSyxLQUFLLElBQUk7QUFDcEc7QUFHQSxTQUFTLFdBQVcsUUFBNEI7QUFDOUMsVUFBUSxPQUFPLGdCQUFnQixDQUFDLEdBQUc7QUFBQSxJQUNqQyxDQUFDLGFBQWFBLElBQUcsa0JBQWtCLFFBQVEsTUFBTSxTQUFTLGNBQWMsU0FBUyxPQUFPLE9BQU87QUFBQSxFQUNqRztBQUNGO0FBRUEsU0FBUyxVQUFVLFVBQThCO0FBQy9DLFVBQVEsU0FBUyxnQkFBZ0IsQ0FBQyxHQUFHO0FBQUEsSUFDbkMsQ0FBQyxpQkFBaUJBLElBQUcseUJBQXlCLFdBQVcsSUFBSUEsSUFBRyxjQUFjLGFBQWE7QUFBQSxFQUM3RjtBQUNGO0FBR0EsU0FBUyxXQUFXLFVBQThCO0FBQ2hELFNBQU8sU0FBUyxhQUFhLEVBQUUsS0FBSyxDQUFDLEVBQUUsS0FBSyxNQUFNLFNBQVMsVUFBVTtBQUN2RTtBQUVBLFNBQVMsWUFBWSxNQUF5QztBQUM1RCxVQUFTLEtBQXVCLGNBQWNBLElBQUcsWUFBWSxlQUFlO0FBQzlFO0FBR0EsU0FBU0QsU0FBUSxTQUF5QztBQUN4RCxRQUFNLFFBQVEsb0JBQUksSUFBWTtBQUM5QixRQUFNLFFBQVEsQ0FBQyxTQUF3QjtBQUNyQyxRQUFJQyxJQUFHLG9CQUFvQixJQUFJLEtBQU1BLElBQUcsYUFBYSxJQUFJLEtBQUssV0FBVyxJQUFJLEVBQUksT0FBTSxJQUFJLEtBQUssSUFBSTtBQUNwRyxJQUFBQSxJQUFHLGFBQWEsTUFBTSxLQUFLO0FBQUEsRUFDN0I7QUFDQSxhQUFXLFVBQVUsU0FBUztBQUM1QixlQUFXLFFBQVEsWUFBWSxRQUFRLEVBQUUsV0FBVyxNQUFNLFVBQVUsT0FBTyxDQUFDLEdBQUc7QUFDN0UsVUFBSSxDQUFDLGFBQWEsS0FBSyxJQUFJLEVBQUc7QUFDOUIsWUFBTUEsSUFBRyxpQkFBaUIsTUFBTSxhQUFhLEtBQUssUUFBUSxJQUFJLEdBQUcsTUFBTSxHQUFHQSxJQUFHLGFBQWEsUUFBUSxNQUFNQSxJQUFHLFdBQVcsRUFBRSxDQUFDO0FBQUEsSUFDM0g7QUFBQSxFQUNGO0FBQ0EsU0FBTztBQUNUO0FBR0EsU0FBUyxXQUFXLEVBQUUsT0FBTyxHQUEyQjtBQUN0RCxTQUNFQSxJQUFHLDJCQUEyQixNQUFNLEtBQ3BDQSxJQUFHLDJCQUEyQixNQUFNLEtBQ3BDQSxJQUFHLGVBQWUsTUFBTSxLQUN4QkEsSUFBRyxpQkFBaUIsTUFBTSxLQUMxQkEsSUFBRyxrQkFBa0IsTUFBTSxLQUMzQkEsSUFBRyxrQkFBa0IsTUFBTTtBQUUvQjs7O0FDOU53TSxPQUFPSSxTQUFRO0FBUWhOLElBQU0sVUFBNEM7QUFBQSxFQUN2RCxRQUFRO0FBQUEsRUFDUixLQUFLO0FBQUEsRUFDTCxLQUFLO0FBQUEsRUFDTCxNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixLQUFLO0FBQUEsRUFDTCxNQUFNO0FBQUEsRUFDTixLQUFLO0FBQUEsRUFDTCxLQUFLO0FBQUEsRUFDTCxLQUFLO0FBQUEsRUFDTCxLQUFLO0FBQUEsRUFDTCxLQUFLO0FBQUEsRUFDTCxLQUFLO0FBQUEsRUFDTCxLQUFLO0FBQUEsRUFDTCxPQUFPO0FBQUEsRUFDUCxLQUFLO0FBQUEsRUFDTCxLQUFLO0FBQUEsRUFDTCxNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixLQUFLO0FBQUEsRUFDTCxNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixNQUFNO0FBQUEsRUFDTixLQUFLO0FBQUEsRUFDTCxLQUFLO0FBQUEsRUFDTCxLQUFLO0FBQUEsRUFDTCxLQUFLO0FBQUEsRUFDTCxLQUFLO0FBQUEsRUFDTCxLQUFLO0FBQUEsRUFDTCxLQUFLO0FBQUEsRUFDTCxPQUFPO0FBQUEsRUFDUCxXQUFXO0FBQ2I7QUFHTyxTQUFTLGFBQWEsRUFBRSxNQUFNLEdBQWtCO0FBQ3JELFFBQU0sUUFBUSxJQUFJLElBQUksT0FBTyxPQUFPLE9BQU8sQ0FBQztBQUM1QyxRQUFNLFFBQVEsQ0FBQyxTQUF3QjtBQUNyQyxRQUFJQyxJQUFHLGFBQWEsSUFBSSxLQUFLLE1BQU0sSUFBSSxLQUFLLElBQUksS0FBSyxPQUFPLElBQUksR0FBRztBQUNqRSxZQUFNLElBQUk7QUFBQSxRQUNSLEdBQUcsS0FBSyxjQUFjLEVBQUUsUUFBUSxrQkFBa0IsS0FBSyxJQUFJO0FBQUEsTUFDN0Q7QUFBQSxJQUNGO0FBQ0EsSUFBQUEsSUFBRyxhQUFhLE1BQU0sS0FBSztBQUFBLEVBQzdCO0FBQ0EsUUFBTSxRQUFRLEtBQUs7QUFDckI7QUFHQSxTQUFTLE9BQU8sTUFBOEI7QUFDNUMsUUFBTSxFQUFFLE9BQU8sSUFBSTtBQUNuQixNQUFJQSxJQUFHLGlCQUFpQixNQUFNO0FBQzVCLFdBQU9BLElBQUcsdUJBQXVCLE9BQU8sTUFBTSxNQUFNLE9BQU8sZ0JBQWdCLE9BQU8sVUFBVTtBQUM5RixRQUFNLFdBQVdBLElBQUcsMkJBQTJCLE1BQU0sS0FBS0EsSUFBRywyQkFBMkIsTUFBTSxLQUFLQSxJQUFHLGVBQWUsTUFBTTtBQUMzSCxTQUFPLFlBQVksT0FBTyxTQUFTO0FBQ3JDOzs7QUM1RW9OLE9BQU9DLFNBQVE7QUFNNU4sSUFBTSxlQUFlO0FBVXJCLFNBQVMsZUFBZUMsVUFBa0IsT0FBcUIsUUFBMEQ7QUFDOUgsUUFBTSxFQUFFLFFBQVEsSUFBSUE7QUFDcEIsUUFBTUMsV0FBVSxvQkFBSSxJQUFvQjtBQUN4QyxhQUFXLFFBQVFELFNBQVEsT0FBTztBQUNoQyxVQUFNLFFBQWdCLENBQUM7QUFDdkIsVUFBTSxZQUFZLENBQUMsU0FBNEM7QUFDN0QsWUFBTSxNQUFNLE1BQU0sR0FBRyxJQUFJO0FBQ3pCLFlBQU0sTUFBTSxPQUFPLElBQUksS0FBSyxJQUFJO0FBRWhDLFVBQUksUUFBUSxVQUFhLFFBQVEsVUFBYUUsSUFBRyw4QkFBOEIsS0FBSyxNQUFNO0FBQ3hGLGVBQU8sSUFBSSxRQUFRLEtBQUssTUFBTSxHQUFHO0FBQ25DLGFBQU8sT0FBTyxTQUFTLE1BQU0sUUFBUSxPQUFPO0FBQUEsSUFDOUM7QUFDQSxVQUFNLFFBQVEsQ0FBQyxTQUF3QjtBQUNyQyxZQUFNLE9BQU9BLElBQUcsYUFBYSxJQUFJLElBQzdCLFVBQVUsSUFBSSxJQUNkLFVBQVUsSUFBSSxJQUNaLE1BQU0sTUFBTSxJQUFJLElBQ2hCLFVBQVUsSUFBSSxLQUFLLE9BQU8sSUFBSSxLQUFLLElBQUksSUFDckMsSUFBSSxPQUFPLElBQUksS0FBSyxJQUFJLENBQUMsTUFDekI7QUFDUixVQUFJLFNBQVMsT0FBVyxPQUFNLEtBQUssRUFBRSxPQUFPLEtBQUssU0FBUyxHQUFHLEtBQUssS0FBSyxLQUFLLEtBQUssQ0FBQztBQUNsRixNQUFBQSxJQUFHLGFBQWEsTUFBTSxLQUFLO0FBQUEsSUFDN0I7QUFDQSxVQUFNLElBQUk7QUFDVixRQUFJLE1BQU0sU0FBUyxFQUFHLENBQUFELFNBQVEsSUFBSSxLQUFLLFVBQVUsS0FBSztBQUFBLEVBQ3hEO0FBQ0EsU0FBT0E7QUFDVDtBQUdBLFNBQVMsU0FBUyxNQUFxQixRQUFxQyxTQUE2QztBQUN2SCxRQUFNLEVBQUUsUUFBUSxLQUFLLElBQUk7QUFDekIsUUFBTSxPQUFPLE9BQU8sSUFBSSxJQUFJO0FBQzVCLE1BQUksU0FBUyxPQUFXLFFBQU87QUFDL0IsTUFBSUMsSUFBRyxpQkFBaUIsTUFBTSxLQUFLQSxJQUFHLHVCQUF1QixPQUFPLE1BQU0sTUFBTSxPQUFPLGdCQUFnQixPQUFPLFVBQVUsTUFBTTtBQUM1SCxRQUFJLE9BQU8sbUJBQW1CLE9BQVcsUUFBTztBQUNoRCxXQUFPLE9BQU8saUJBQWlCLFNBQVksR0FBRyxJQUFJLEtBQUssSUFBSSxLQUFLO0FBQUEsRUFDbEU7QUFDQSxRQUFNLFNBQVMsUUFDWixvQkFBb0IsSUFBSSxHQUN2QixjQUFjLEtBQUssQ0FBQyxTQUFTQSxJQUFHLCtCQUErQixNQUFNLEtBQUssTUFBTSxDQUFDO0FBQ3JGLE1BQUlBLElBQUcsOEJBQThCLE1BQU0sR0FBRztBQUM1QyxVQUFNLFFBQVEsUUFBUSxrQ0FBa0MsTUFBTTtBQUM5RCxVQUFNLGNBQWMsT0FBTyxjQUFjLEtBQUssQ0FBQyxTQUFTQSxJQUFHLCtCQUErQixNQUFNLEtBQUssTUFBTSxDQUFDO0FBQzVHLFdBQU8sR0FBRyxJQUFJLEtBQUssY0FBYyxPQUFPLElBQUk7QUFBQSxFQUM5QztBQUNBLFFBQU0sVUFDSEEsSUFBRywyQkFBMkIsTUFBTSxLQUFLLE9BQU8sU0FBUyxRQUN6REEsSUFBRyxxQkFBcUIsTUFBTSxLQUFLLE9BQU8sU0FBUyxTQUNsREEsSUFBRyxlQUFlLE1BQU0sS0FBS0EsSUFBRyxjQUFjLE1BQU0sS0FBS0EsSUFBRyxvQkFBb0IsTUFBTSxLQUFLQSxJQUFHLFdBQVcsTUFBTSxNQUMvRyxPQUFPLFNBQVM7QUFDcEIsU0FBTyxXQUFXLFNBQVMsT0FBTztBQUNwQztBQUVPLElBQU0sZUFBTixNQUFtQjtBQUFBLEVBTXhCLFlBQVksRUFBRSxTQUFTLE1BQU0sR0FBWTtBQUh6QztBQUFBLFNBQWlCLFNBQVMsb0JBQUksSUFBcUM7QUFDbkUsU0FBaUIsUUFBUSxvQkFBSSxJQUF1QjtBQUdsRCxTQUFLLFVBQVU7QUFDZixVQUFNLFFBQVEsQ0FBQyxTQUF3QjtBQUNyQyxVQUFJQSxJQUFHLFlBQVksSUFBSSxFQUFHLE1BQUssTUFBTSxJQUFJO0FBQ3pDLE1BQUFBLElBQUcsYUFBYSxNQUFNLEtBQUs7QUFBQSxJQUM3QjtBQUNBLFVBQU0sUUFBUSxLQUFLO0FBQUEsRUFDckI7QUFBQTtBQUFBLEVBR0EsR0FBRyxNQUF5QztBQUMxQyxVQUFNLEVBQUUsUUFBUSxLQUFLLElBQUk7QUFFekIsUUFDRUEsSUFBRyxpQkFBaUIsTUFBTSxLQUMxQkEsSUFBRyx1QkFBdUIsT0FBTyxNQUFNLE1BQ3RDLE9BQU8sZ0JBQWdCLE9BQU8sVUFBVSxNQUN6QztBQUNBLFlBQU0sT0FBTyxLQUFLLEdBQUcsS0FBSyxRQUFRLGtCQUFrQixLQUFLLFFBQVEsa0JBQWtCLE9BQU8sTUFBTSxHQUFHLElBQUksQ0FBQztBQUN4RyxhQUFPLFNBQVMsVUFBYSxPQUFPLGlCQUFpQixTQUFZLEdBQUcsSUFBSSxLQUFLLElBQUksS0FBSztBQUFBLElBQ3hGO0FBQ0EsUUFBSUEsSUFBRyw4QkFBOEIsTUFBTSxHQUFHO0FBQzVDLFlBQU0sT0FBTyxLQUFLLEdBQUcsS0FBSyxRQUFRLGtDQUFrQyxNQUFNLENBQUM7QUFDM0UsYUFBTyxRQUFRLEdBQUcsSUFBSSxLQUFLLElBQUk7QUFBQSxJQUNqQztBQUNBLFdBQU8sS0FBSyxHQUFHLEtBQUssUUFBUSxvQkFBb0IsSUFBSSxDQUFDO0FBQUEsRUFDdkQ7QUFBQTtBQUFBLEVBR0EsTUFBTSxFQUFFLFFBQVEsS0FBSyxHQUF5QztBQUM1RCxVQUFNLEVBQUUsV0FBVyxJQUFJLE9BQU87QUFDOUIsVUFBTSxPQUFPLEtBQUssR0FBRyxLQUFLLFFBQVEsa0JBQWtCLEtBQUssUUFBUSxvQkFBb0IsVUFBVSxHQUFHLElBQUksQ0FBQztBQUN2RyxXQUFPLFFBQVEsSUFBSSxJQUFJO0FBQUEsRUFDekI7QUFBQSxFQUVBLEdBQUcsUUFBbUQ7QUFDcEQsVUFBTSxjQUFjLFFBQVEsY0FBYyxLQUFLQyxVQUFTO0FBQ3hELFdBQU8sZUFBZSxLQUFLLE1BQU0sSUFBSSxTQUFTLFdBQVcsQ0FBQztBQUFBLEVBQzVEO0FBQUE7QUFBQSxFQUdRLE1BQU0sT0FBd0M7QUFDcEQsVUFBTSxRQUFRLEtBQUssT0FBTyxJQUFJLEtBQUs7QUFDbkMsUUFBSSxVQUFVLE9BQVcsUUFBTztBQUNoQyxVQUFNLFdBQVcsTUFBTSxpQkFBaUIsS0FBSyxDQUFDLEVBQUUsTUFBTSxNQUFNLFVBQVVELElBQUcsV0FBVyxjQUFjLEdBQUcsTUFBTSxDQUFDO0FBQzVHLFVBQU0sT0FBTyxZQUFZLEtBQUssUUFBUSxrQkFBa0IsU0FBUyxVQUFVLEVBQUUsUUFBUTtBQUNyRixVQUFNLFNBQVMsU0FBUyxVQUFhQSxJQUFHLFlBQVksSUFBSSxJQUFJLEVBQUUsR0FBRyxLQUFLLE1BQU0sSUFBSSxFQUFFLElBQUksRUFBRSxHQUFHLEdBQUcsR0FBRyxFQUFFO0FBQ25HLFVBQU0sUUFBUSxNQUFNLFFBQVEsT0FBT0EsSUFBRyx3QkFBd0IsRUFBRSxRQUFRLENBQUMsRUFBRSxXQUFXLE1BQU0sQ0FBQyxHQUFHLFVBQVUsQ0FBQztBQUMzRyxlQUFXLFVBQVUsQ0FBQyxHQUFHLE9BQU8sR0FBRyxNQUFNLE9BQU8sRUFBRSxPQUFPQyxVQUFTLEdBQUc7QUFDbkUsWUFBTSxTQUFTLFNBQVMsTUFBTTtBQUM5QixZQUFNLE9BQU9ELElBQUcsb0JBQW9CLE1BQU0sSUFBSSxNQUFNO0FBQ3BELFVBQUksQ0FBQyxLQUFLLE1BQU0sSUFBSSxNQUFNLEVBQUcsTUFBSyxNQUFNLElBQUksUUFBUSxHQUFHLElBQUksR0FBRyxPQUFPLElBQUksR0FBRyxHQUFHO0FBQUEsSUFDakY7QUFDQSxTQUFLLE9BQU8sSUFBSSxPQUFPLE1BQU07QUFDN0IsV0FBTztBQUFBLEVBQ1Q7QUFDRjtBQVFBLFNBQVMsU0FBUyxhQUF3QztBQUN4RCxTQUFRLFlBQXVEO0FBQ2pFO0FBRUEsU0FBU0MsV0FBVSxhQUFzQztBQUN2RCxRQUFNLFdBQVdELElBQUcsZUFBZSxXQUFXLEtBQUtBLElBQUcsWUFBWSxXQUFXO0FBQzdFLFNBQU8sYUFBYUEsSUFBRyx5QkFBeUIsV0FBVyxJQUFJQSxJQUFHLGNBQWMsYUFBYTtBQUMvRjtBQUVBLFNBQVMsVUFBVSxNQUF5QztBQUMxRCxTQUFPQSxJQUFHLGdCQUFnQixJQUFJLEtBQUtBLElBQUcsa0JBQWtCLEtBQUssTUFBTSxLQUFLQSxJQUFHLHdCQUF3QixLQUFLLE9BQU8sTUFBTTtBQUN2SDtBQUdBLFNBQVMsVUFBVSxNQUF5QztBQUMxRCxNQUFJLENBQUNBLElBQUcsZ0JBQWdCLElBQUksS0FBSyxDQUFDQSxJQUFHLGtCQUFrQixLQUFLLE1BQU0sRUFBRyxRQUFPO0FBQzVFLFFBQU0sT0FBT0EsSUFBRyxnQkFBZ0IsS0FBSyxPQUFPLE1BQU0sSUFBSSxLQUFLLE9BQU8sU0FBUyxLQUFLO0FBQ2hGLFNBQU8sT0FBTyxLQUFLLE1BQU07QUFDM0I7OztBQy9Kd00sU0FBUyxlQUFlO0FBQ2hPLE9BQU9FLFNBQVE7QUFTUixTQUFTLFlBQVksUUFBeUI7QUFDbkQsUUFBTUMsUUFBTyxRQUFRLE1BQU07QUFDM0IsUUFBTSxPQUFPLEVBQUUsR0FBR0MsSUFBRyxlQUFlLFFBQVFBLElBQUcsSUFBSSxRQUFRLEVBQUUsUUFBUSxTQUFTLENBQUMsS0FBSyxFQUFFO0FBQ3RGLFFBQU0sRUFBRSxTQUFTLFVBQVUsSUFBSUEsSUFBRywyQkFBMkIsTUFBTUEsSUFBRyxLQUFLRCxLQUFJO0FBQy9FLFFBQU0sVUFBVUMsSUFBRyxjQUFjLFdBQVcsT0FBTztBQUVuRCxRQUFNLFdBQVcsQ0FBQyxhQUFxQixTQUFTLFdBQVcsR0FBR0QsS0FBSSxvQkFBb0I7QUFDdEYsUUFBTSxRQUFRLFFBQVEsZUFBZSxFQUFFLE9BQU8sQ0FBQyxFQUFFLFNBQVMsTUFBTSxTQUFTLFdBQVcsR0FBR0EsS0FBSSxPQUFPLEtBQUssQ0FBQyxTQUFTLFFBQVEsQ0FBQztBQUMxSCxTQUFPLEVBQUUsU0FBUyxTQUFTLFFBQVEsZUFBZSxHQUFHLE1BQU07QUFDN0Q7QUFHTyxTQUFTLFdBQVcsRUFBRSxNQUFNLEdBQWtCO0FBQ25ELFFBQU0sUUFBUSxDQUFDLFNBQXdCO0FBQ3JDLFVBQU0sU0FBU0MsSUFBRyxzQkFBc0IsSUFBSSxLQUFLQSxJQUFHLGlCQUFpQixJQUFJO0FBQ3pFLFFBQUksVUFBVUEsSUFBRywyQkFBMkIsS0FBSyxVQUFVLEdBQUc7QUFDNUQsWUFBTSxJQUFJLE1BQU0sR0FBRyxLQUFLLGNBQWMsRUFBRSxRQUFRLEtBQUssS0FBSyxRQUFRLENBQUMsNkJBQTZCO0FBQUEsSUFDbEc7QUFDQSxJQUFBQSxJQUFHLGFBQWEsTUFBTSxLQUFLO0FBQUEsRUFDN0I7QUFDQSxRQUFNLFFBQVEsS0FBSztBQUNyQjs7O0FDL0I0TSxTQUFTLFdBQUFDLFVBQVMsZUFBZTtBQUM3TyxPQUFPQyxTQUFROzs7QUNEK0wsT0FBT0MsU0FBUTtBQUl0TixJQUFNLGFBQU4sTUFBaUI7QUFBQSxFQUl0QixZQUFZLEVBQUUsU0FBUyxNQUFNLEdBQVk7QUFGekMsU0FBaUIsT0FBTyxvQkFBSSxJQUFnQztBQUcxRCxTQUFLLFVBQVU7QUFDZixVQUFNLFFBQVEsQ0FBQyxTQUF3QjtBQUNyQyxVQUFJQyxJQUFHLGFBQWEsSUFBSSxFQUFHLE1BQUssS0FBSyxJQUFJO0FBQ3pDLE1BQUFBLElBQUcsYUFBYSxNQUFNLEtBQUs7QUFBQSxJQUM3QjtBQUNBLFVBQU0sUUFBUSxLQUFLO0FBQUEsRUFDckI7QUFBQTtBQUFBLEVBR0EsT0FBTyxRQUE2QztBQUNsRCxXQUFPLEtBQUssS0FBSyxJQUFJLE1BQU0sS0FBSyxDQUFDO0FBQUEsRUFDbkM7QUFBQTtBQUFBLEVBR0EsU0FBUyxNQUFzQztBQUM3QyxVQUFNLGNBQWNBLElBQUcsOEJBQThCLEtBQUssTUFBTSxLQUFLLEtBQUssT0FBTyxTQUFTO0FBQzFGLFVBQU0sU0FBUyxjQUNYLEtBQUssUUFBUSxrQ0FBa0MsS0FBSyxNQUFNLElBQzFELEtBQUssUUFBUSxvQkFBb0IsSUFBSTtBQUN6QyxXQUFPLFVBQVUsT0FBTyxRQUFRQSxJQUFHLFlBQVksUUFBUSxLQUFLLFFBQVEsaUJBQWlCLE1BQU0sSUFBSTtBQUFBLEVBQ2pHO0FBQUE7QUFBQSxFQUdBLFNBQVMsT0FBdUQ7QUFDOUQsVUFBTSxRQUFRQSxJQUFHLGdCQUFnQixLQUFLLElBQUksTUFBTSxTQUFTO0FBQ3pELFVBQU0sVUFBVUEsSUFBRyxzQkFBc0IsS0FBSyxLQUFLQSxJQUFHLHNCQUFzQixLQUFLLEtBQUtBLElBQUcsb0JBQW9CLEtBQUs7QUFDbEgsV0FBTyxXQUFXLE1BQU0sT0FBTyxLQUFLLFFBQVEsb0JBQW9CLE1BQU0sSUFBSSxJQUFJO0FBQUEsRUFDaEY7QUFBQTtBQUFBLEVBR0EsUUFBUSxRQUF3QztBQUM5QyxVQUFNLFFBQVEsS0FBSyxPQUFPLE1BQU0sRUFBRSxJQUFJLENBQUMsUUFBUTtBQUM3QyxZQUFNLFNBQVNBLElBQUcsMkJBQTJCLElBQUksTUFBTSxJQUFJLElBQUksU0FBUztBQUN4RSxhQUFPQSxJQUFHLGlCQUFpQixPQUFPLE1BQU0sS0FBSyxPQUFPLE9BQU8sZUFBZSxTQUFTLE9BQU8sU0FBUztBQUFBLElBQ3JHLENBQUM7QUFDRCxXQUFPLE1BQU0sT0FBTyxDQUFDLFNBQVMsU0FBUyxNQUFTO0FBQUEsRUFDbEQ7QUFBQSxFQUVRLEtBQUssTUFBMkI7QUFDdEMsVUFBTSxTQUFTLEtBQUssU0FBUyxJQUFJO0FBQ2pDLFVBQU0sYUFBYSxRQUFRLGNBQWMsS0FBSyxDQUFDLGdCQUFpQixZQUFvQyxTQUFTLElBQUk7QUFDakgsUUFBSSxXQUFXLFVBQWEsV0FBWTtBQUN4QyxVQUFNLFFBQVEsS0FBSyxLQUFLLElBQUksTUFBTTtBQUNsQyxRQUFJLFVBQVUsT0FBVyxNQUFLLEtBQUssSUFBSSxRQUFRLENBQUMsSUFBSSxDQUFDO0FBQUEsUUFDaEQsT0FBTSxLQUFLLElBQUk7QUFBQSxFQUN0QjtBQUNGO0FBR08sU0FBUyxXQUFXLE1BQXlDO0FBQ2xFLFNBQU9BLElBQUcsZ0JBQWdCLElBQUksS0FBS0EsSUFBRyxhQUFhLEtBQUssVUFBVSxLQUFLLEtBQUssV0FBVyxTQUFTO0FBQ2xHOzs7QURyREEsSUFBTSxVQUFVO0FBQ2hCLElBQU0sUUFBUTtBQUdkLElBQU0sYUFBYTtBQUduQixJQUFNLFFBQVE7QUFXUCxTQUFTLGNBQWNDLFVBQWtCLFNBQWlEO0FBQy9GLFFBQU0sVUFBVSxRQUFRLElBQUksQ0FBQ0MsV0FBVSxJQUFJLElBQUksVUFBVUQsVUFBU0MsTUFBSyxDQUFDLENBQUM7QUFDekUsUUFBTSxTQUFTLElBQUksSUFBSSxRQUFRLFFBQVEsQ0FBQyxVQUFVLENBQUMsR0FBRyxLQUFLLENBQUMsQ0FBQztBQUM3RCxRQUFNLFNBQVMsSUFBSSxPQUFPRCxVQUFTLE1BQU07QUFDekMsUUFBTSxRQUFpRCxDQUFDO0FBQ3hELE1BQUk7QUFDSixRQUFNLFFBQVEsQ0FBQyxTQUF3QjtBQUNyQyxRQUFJRSxJQUFHLG9CQUFvQixJQUFJLEtBQUssS0FBSyxLQUFLLFVBQVUsY0FBYyxPQUFPLFdBQVcsSUFBSTtBQUMxRixZQUFNLEtBQUssRUFBRSxNQUFNLE1BQU0sS0FBSyxLQUFLLENBQUM7QUFDdEMsUUFBSUEsSUFBRyxxQkFBcUIsSUFBSSxLQUFLLE9BQU8sV0FBVyxJQUFJLEVBQUcsT0FBTSxLQUFLLEVBQUUsTUFBTSxNQUFNLE9BQU8sSUFBSSxFQUFFLENBQUM7QUFDckcsUUFBSUEsSUFBRyxzQkFBc0IsSUFBSSxLQUFLLEtBQUssS0FBSyxRQUFRLE1BQU0sTUFBTyxTQUFRLEtBQUs7QUFDbEYsSUFBQUEsSUFBRyxhQUFhLE1BQU0sS0FBSztBQUFBLEVBQzdCO0FBQ0EsYUFBVyxRQUFRLE9BQVEsT0FBTSxJQUFJO0FBRXJDLFFBQU0sU0FBUyxDQUFDLFNBQWtCLFFBQVEsVUFBVSxDQUFDLFVBQVUsTUFBTSxJQUFJLEtBQUssY0FBYyxDQUFDLENBQUM7QUFDOUYsUUFBTSxRQUFRLG9CQUFJLElBQW9CO0FBQ3RDLGFBQVcsRUFBRSxNQUFNLEtBQUssS0FBSyxNQUFPLE9BQU0sSUFBSSxNQUFNLEtBQUssSUFBSSxPQUFPLElBQUksR0FBRyxNQUFNLElBQUksSUFBSSxLQUFLLE9BQU8sSUFBSSxDQUFDLENBQUM7QUFDM0csUUFBTSxRQUFRLENBQUMsR0FBRyxNQUFNLEtBQUssQ0FBQyxFQUFFLEtBQUssQ0FBQyxHQUFHLE1BQU0sTUFBTSxJQUFJLENBQUMsSUFBSyxNQUFNLElBQUksQ0FBQyxNQUFPLElBQUksSUFBSSxLQUFLLEVBQUU7QUFDaEcsUUFBTSxRQUFRLE1BQU0sS0FBSyxDQUFDLFNBQVMsS0FBSyxTQUFTLE9BQU8sQ0FBQztBQUN6RCxNQUFJLFVBQVUsT0FBVyxPQUFNLElBQUksTUFBTSwyQkFBMkIsT0FBTyxLQUFLLEtBQUssRUFBRTtBQUN2RixRQUFNLFFBQVEsb0JBQUksSUFBb0I7QUFDdEMsUUFBTSxNQUFNLENBQUMsTUFBZSxTQUFpQjtBQUMzQyxVQUFNLEVBQUUsU0FBUyxJQUFJLEtBQUssY0FBYztBQUN4QyxVQUFNLElBQUksVUFBVSxDQUFDLEdBQUksTUFBTSxJQUFJLFFBQVEsS0FBSyxDQUFDLEdBQUksR0FBRyxJQUFJLENBQUM7QUFBQSxFQUMvRDtBQUNBLGFBQVcsRUFBRSxNQUFNLEtBQUssS0FBSyxNQUFPLEtBQUksTUFBTSxRQUFRLE1BQU0sTUFBTSxRQUFRLElBQUksR0FBRyxRQUFRLElBQUksQ0FBQyxDQUFDO0FBQy9GLE1BQUksT0FBUSxDQUFDLEVBQUUsT0FBTyxNQUFPLFNBQVMsR0FBRyxLQUFLLE1BQU8sS0FBSyxNQUFNLEtBQUssVUFBVSxNQUFNLEtBQUssT0FBTyxDQUFDLEVBQUUsQ0FBQyxDQUFDO0FBQ3RHLFNBQU87QUFDVDtBQUdBLFNBQVMsT0FBTyxFQUFFLE1BQU0sY0FBYyxHQUFrQztBQUN0RSxRQUFNLFNBQVMsQ0FBQyxLQUFLLE1BQU0sR0FBRyxjQUFjLElBQUksQ0FBQyxFQUFFLFNBQUFDLFNBQVEsTUFBTUEsU0FBUSxJQUFJLENBQUM7QUFDOUUsUUFBTSxRQUFRLE9BQU8sS0FBSyxDQUFDLFVBQVUsTUFBTSxTQUFTLEtBQUssQ0FBQztBQUMxRCxNQUFJLFVBQVUsT0FBVyxPQUFNLElBQUksTUFBTSx1Q0FBdUMsS0FBSyxLQUFLLEtBQUssRUFBRTtBQUNqRyxTQUFPLE9BQU8sS0FBSyxLQUFLO0FBQzFCO0FBR0EsU0FBUyxRQUFRLE1BQXFCLFFBQWdCLE9BQXdCO0FBQzVFLE1BQUksQ0FBQ0QsSUFBRyxxQkFBcUIsSUFBSTtBQUMvQixXQUFPLENBQUMsRUFBRSxPQUFPLEtBQUssU0FBUyxHQUFHLEtBQUssS0FBSyxLQUFLLE1BQU0sUUFBUSxHQUFHLE1BQU0sS0FBSyxJQUFJLE1BQU0sSUFBSSxDQUFDO0FBQzlGLFFBQU0sRUFBRSxNQUFNLGNBQWMsSUFBSTtBQUNoQyxRQUFNLFFBQVEsQ0FBQyxFQUFFLE9BQU8sS0FBSyxTQUFTLEdBQUcsS0FBSyxLQUFLLEtBQUssTUFBTSxJQUFJLE1BQU0sSUFBSSxDQUFDO0FBQzdFLGFBQVcsQ0FBQyxHQUFHLEVBQUUsU0FBQUMsU0FBUSxDQUFDLEtBQUssY0FBYyxRQUFRLEdBQUc7QUFDdEQsVUFBTSxLQUFLLEVBQUUsT0FBT0EsU0FBUSxTQUFTLEdBQUcsS0FBS0EsU0FBUSxLQUFLLE1BQU0sTUFBTSxjQUFjLFNBQVMsSUFBSSxNQUFNLElBQUksQ0FBQztBQUFBLEVBQzlHO0FBQ0EsU0FBTztBQUNUO0FBR0EsU0FBUyxRQUFRLE1BQThCO0FBQzdDLFFBQU0sRUFBRSxPQUFPLElBQUk7QUFDbkIsU0FBTyxXQUFXLE1BQU0sTUFBT0QsSUFBRywwQkFBMEIsTUFBTSxLQUFLLFNBQVMsSUFBSSxNQUFNLFFBQVEsTUFBdUI7QUFDM0g7QUFFQSxTQUFTLFNBQVMsTUFBd0I7QUFDeEMsUUFBTSxFQUFFLE9BQU8sSUFBSTtBQUNuQixTQUFPQSxJQUFHLHdCQUF3QixNQUFNLEtBQUssT0FBTyxjQUFjO0FBQ3BFO0FBR0EsU0FBUyxVQUFVLEVBQUUsU0FBUyxNQUFNLEdBQVlELFFBQW1DO0FBQ2pGLFFBQU0sTUFBTSxJQUFJLElBQUksS0FBSztBQUN6QixRQUFNLFFBQVEsb0JBQUksSUFBbUIsQ0FBQyxRQUFRLGNBQWNBLE1BQUssQ0FBRSxDQUFDO0FBQ3BFLGFBQVcsUUFBUSxPQUFPO0FBQ3hCLGVBQVcsYUFBYSxLQUFLLFlBQVk7QUFDdkMsWUFBTSxTQUFVQyxJQUFHLG9CQUFvQixTQUFTLEtBQUssQ0FBQyxVQUFVLGNBQWMsY0FBZSxTQUFTLFNBQVM7QUFDL0csVUFBSSxDQUFDLFVBQVUsQ0FBQyxVQUFVLG1CQUFtQixDQUFDQSxJQUFHLGdCQUFnQixVQUFVLGVBQWUsRUFBRztBQUM3RixZQUFNLE9BQU8sUUFBUUUsU0FBUSxLQUFLLFFBQVEsR0FBRyxVQUFVLGdCQUFnQixLQUFLLFFBQVEsU0FBUyxLQUFLLENBQUM7QUFDbkcsWUFBTSxTQUFTLFFBQVEsY0FBYyxJQUFJO0FBQ3pDLFVBQUksV0FBVyxVQUFhLElBQUksSUFBSSxNQUFNLEVBQUcsT0FBTSxJQUFJLE1BQU07QUFBQSxJQUMvRDtBQUFBLEVBQ0Y7QUFDQSxTQUFPO0FBQ1Q7QUFFQSxTQUFTLFNBQVMsV0FBNEQ7QUFDNUUsU0FBT0YsSUFBRyxvQkFBb0IsU0FBUyxLQUFLLENBQUMsVUFBVTtBQUN6RDtBQUdBLElBQU0sU0FBTixNQUFhO0FBQUEsRUFNWCxZQUNFRixVQUNpQixRQUNqQjtBQURpQjtBQUxuQjtBQUFBLFNBQWlCLFdBQVcsb0JBQUksSUFBZTtBQU83QyxTQUFLLFVBQVVBLFNBQVE7QUFDdkIsU0FBSyxhQUFhLElBQUksV0FBV0EsUUFBTztBQUN4QyxVQUFNLFFBQVEsQ0FBQyxTQUF3QjtBQUNyQyxZQUFNLFNBQVMsS0FBSyxVQUFVLElBQUk7QUFDbEMsVUFBSSxXQUFXLE9BQVcsTUFBSyxTQUFTLElBQUksTUFBTTtBQUNsRCxNQUFBRSxJQUFHLGFBQWEsTUFBTSxLQUFLO0FBQUEsSUFDN0I7QUFDQSxJQUFBRixTQUFRLE1BQU0sUUFBUSxLQUFLO0FBQzNCLFFBQUk7QUFDSixPQUFHO0FBQ0QsZUFBUyxLQUFLLFNBQVM7QUFDdkIsaUJBQVcsVUFBVSxLQUFLLFNBQVUsS0FBSSxDQUFDLEtBQUssVUFBVSxNQUFNLEVBQUcsTUFBSyxTQUFTLE9BQU8sTUFBTTtBQUFBLElBQzlGLFNBQVMsS0FBSyxTQUFTLE9BQU87QUFBQSxFQUNoQztBQUFBO0FBQUEsRUFHQSxXQUFXLE1BQThCO0FBQ3ZDLFVBQU0sRUFBRSxPQUFPLElBQUk7QUFDbkIsUUFBSUUsSUFBRywwQkFBMEIsTUFBTSxFQUFHLFFBQU8sS0FBSyxXQUFXLE1BQU07QUFDdkUsUUFBSSxTQUFTLElBQUksS0FBSyxXQUFXLElBQUksRUFBRyxRQUFPLEtBQUssV0FBVyxNQUF1QjtBQUN0RixRQUFJLFdBQVcsTUFBTSxFQUFHLFFBQU8sT0FBTyxXQUFXLFFBQVEsSUFBSSxNQUFNO0FBQ25FLFFBQUlBLElBQUcsZUFBZSxNQUFNLEVBQUcsUUFBTyxLQUFLLE9BQU8sSUFBSSxLQUFLLGNBQWMsQ0FBQyxLQUFLLEtBQUssV0FBVyxPQUFPLE1BQU07QUFDNUcsUUFBSUEsSUFBRyxpQkFBaUIsTUFBTSxFQUFHLFFBQU8sS0FBSyxXQUFXLEtBQUssWUFBWSxRQUFRLElBQUksQ0FBQztBQUN0RixTQUFLQSxJQUFHLHNCQUFzQixNQUFNLEtBQUtBLElBQUcsWUFBWSxNQUFNLE1BQU0sT0FBTyxnQkFBZ0IsTUFBTTtBQUMvRixhQUFPLEtBQUssV0FBVyxLQUFLLFFBQVEsb0JBQW9CLE9BQU8sSUFBSSxDQUFDO0FBQUEsSUFDdEU7QUFDQSxRQUFJLGFBQWEsTUFBTSxLQUFLLE9BQU8sVUFBVSxLQUFNLFFBQU8sS0FBSyxXQUFXLEtBQUssV0FBVyxTQUFTLE9BQU8sSUFBSSxDQUFDO0FBQy9HLFFBQUlBLElBQUcsa0JBQWtCLE1BQU0sS0FBTUEsSUFBRyxnQkFBZ0IsTUFBTSxLQUFLLE9BQU8sU0FBUyxNQUFPO0FBQ3hGLFlBQU0sUUFBUUEsSUFBRyxnQkFBZ0IsTUFBTSxJQUFJLFNBQVNBLElBQUcsYUFBYSxRQUFRQSxJQUFHLGNBQWM7QUFDN0YsYUFBTyxVQUFVLFVBQWEsS0FBSyxXQUFXLEtBQUssV0FBVyxTQUFTLEtBQUssQ0FBQztBQUFBLElBQy9FO0FBQ0EsV0FBTztBQUFBLEVBQ1Q7QUFBQSxFQUVRLFdBQVcsUUFBd0M7QUFDekQsV0FBTyxXQUFXLFVBQWEsS0FBSyxTQUFTLElBQUksTUFBTTtBQUFBLEVBQ3pEO0FBQUEsRUFFUSxVQUFVLE1BQXNDO0FBQ3RELFVBQU0sYUFBYUEsSUFBRyxzQkFBc0IsSUFBSSxLQUFLLENBQUMsV0FBVyxLQUFLLE9BQU8sTUFBTTtBQUNuRixTQUFLLGNBQWVBLElBQUcsWUFBWSxJQUFJLEtBQUssUUFBUSxLQUFLLE1BQU0sTUFBT0EsSUFBRyxhQUFhLEtBQUssSUFBSSxHQUFHO0FBQ2hHLGFBQU8sS0FBSyxPQUFPLEtBQUssUUFBUSxrQkFBa0IsS0FBSyxJQUFJLENBQUMsSUFBSSxLQUFLLFFBQVEsb0JBQW9CLEtBQUssSUFBSSxJQUFJO0FBQUEsSUFDaEg7QUFDQSxRQUFJLENBQUNBLElBQUcsc0JBQXNCLElBQUksS0FBSyxDQUFDQSxJQUFHLGdCQUFnQixJQUFJLEVBQUcsUUFBTztBQUN6RSxVQUFNLFdBQVcsS0FBSyxRQUFRLDRCQUE0QixJQUFJLEdBQUcsY0FBYztBQUMvRSxXQUFPLGFBQWEsVUFBYSxLQUFLLE9BQU8sUUFBUSxJQUFJLEtBQUssV0FBVyxTQUFTLElBQUksSUFBSTtBQUFBLEVBQzVGO0FBQUEsRUFFUSxPQUFPLE1BQXdCO0FBQ3JDLFVBQU0sUUFBUSxLQUFLLFFBQVEsSUFBSSxLQUFLLFFBQVEsQ0FBQyxJQUFJO0FBQ2pELFVBQU0sUUFBUSxNQUFNLE9BQU8sQ0FBQyxVQUFVLEtBQUssUUFBUUEsSUFBRyxVQUFVLGdCQUFnQixDQUFDO0FBQ2pGLFdBQU8sTUFBTSxTQUFTLEtBQUssTUFBTSxNQUFNLENBQUMsU0FBUyxNQUFNLFNBQVMsSUFBSSxNQUFNLEtBQUssUUFBUUEsSUFBRyxVQUFVLGVBQWUsQ0FBQztBQUFBLEVBQ3RIO0FBQUEsRUFFUSxVQUFVLFFBQTRCO0FBQzVDLFVBQU0sT0FBTyxLQUFLLFdBQVcsT0FBTyxNQUFNO0FBQzFDLFVBQU0sYUFBYSxPQUFPLGNBQWM7QUFBQSxNQUN0QyxDQUFDLGdCQUNDQSxJQUFHLHNCQUFzQixXQUFXLEtBQ25DQSxJQUFHLHNCQUFzQixXQUFXLEtBQ25DLFlBQVksZ0JBQWdCLFVBQzVCQSxJQUFHLGdCQUFnQixZQUFZLFdBQVc7QUFBQSxJQUNoRDtBQUNBLFVBQU0sV0FBVyxDQUFDLFFBQWdDO0FBQ2hELFVBQUlBLElBQUcsa0JBQWtCLElBQUksTUFBTSxFQUFHLFFBQU87QUFDN0MsVUFBSSxDQUFDLFdBQVksUUFBTyxLQUFLLFdBQVcsR0FBRyxLQUFLLFdBQVcsR0FBRyxLQUFNLGFBQWEsSUFBSSxNQUFNLEtBQUssSUFBSSxPQUFPLFNBQVM7QUFDcEgsWUFBTSxPQUFPLElBQUk7QUFDakIsYUFBT0EsSUFBRyxpQkFBaUIsSUFBSSxLQUFLLEtBQUssZUFBZSxRQUFRLEtBQUssV0FBVyxJQUFJLEtBQUssV0FBVyxJQUFJO0FBQUEsSUFDMUc7QUFDQSxXQUFPLEtBQUssU0FBUyxLQUFLLEtBQUssTUFBTSxRQUFRO0FBQUEsRUFDL0M7QUFBQTtBQUFBLEVBR1EsWUFBWSxNQUF5QixVQUFnRDtBQUMzRixVQUFNLElBQUksS0FBSyxVQUFVLFFBQVEsUUFBUTtBQUN6QyxVQUFNLEVBQUUsWUFBWSxJQUFJLEtBQUssUUFBUSxxQkFBcUIsSUFBSSxLQUFLLENBQUM7QUFDcEUsUUFBSSxJQUFJLEtBQUssZ0JBQWdCLFVBQWEsQ0FBQ0EsSUFBRyxlQUFlLFdBQVcsS0FBSyxDQUFDLFFBQVEsV0FBVyxFQUFHLFFBQU87QUFDM0csVUFBTSxPQUFPLFlBQVksV0FBVyxDQUFDLEdBQUc7QUFDeEMsV0FBTyxRQUFRQSxJQUFHLGFBQWEsSUFBSSxJQUFJLEtBQUssUUFBUSxvQkFBb0IsSUFBSSxJQUFJO0FBQUEsRUFDbEY7QUFDRjtBQUdBLFNBQVMsUUFBUSxPQUF5QztBQUN4RCxNQUFJQSxJQUFHLG9CQUFvQixLQUFLLEdBQUc7QUFDakMsV0FBTyxNQUFNLFNBQVMsV0FBY0EsSUFBRyx5QkFBeUIsS0FBSyxJQUFJQSxJQUFHLGNBQWMsYUFBYTtBQUFBLEVBQ3pHO0FBQ0EsU0FBT0EsSUFBRyxnQkFBZ0IsS0FBSyxLQUFNQSxJQUFHLHNCQUFzQixLQUFLLEtBQUssTUFBTSxTQUFTO0FBQ3pGO0FBRUEsU0FBUyxXQUFXLE1BQXdCO0FBQzFDLFNBQU9BLElBQUcsb0JBQW9CLElBQUksTUFBTSxLQUFLLFdBQVcsS0FBSyxDQUFDLEVBQUUsS0FBSyxNQUFNLFNBQVNBLElBQUcsV0FBVyxhQUFhLEtBQUs7QUFDdEg7QUFFQSxTQUFTLGFBQWEsTUFBZ0U7QUFDcEYsU0FBT0EsSUFBRyxtQkFBbUIsSUFBSSxLQUFLLEtBQUssY0FBYyxTQUFTQSxJQUFHLFdBQVc7QUFDbEY7QUFFQSxTQUFTLFdBQVcsRUFBRSxPQUFPLEdBQXFCO0FBQ2hELFNBQU9BLElBQUcsbUJBQW1CLE1BQU0sS0FBSyxPQUFPLGNBQWMsU0FBU0EsSUFBRyxXQUFXO0FBQ3RGO0FBR0EsU0FBUyxXQUFXLEVBQUUsT0FBTyxHQUFxQjtBQUNoRCxNQUFJLENBQUNBLElBQUcsbUJBQW1CLE1BQU0sRUFBRyxRQUFPO0FBQzNDLFFBQU0sRUFBRSxLQUFLLElBQUksT0FBTztBQUN4QixRQUFNLGVBQWUsU0FBU0EsSUFBRyxXQUFXLDJCQUEyQixTQUFTQSxJQUFHLFdBQVc7QUFDOUYsU0FBTyxnQkFBZ0JBLElBQUcsYUFBYSxPQUFPLEtBQUssS0FBSyxPQUFPLE1BQU0sU0FBUztBQUNoRjs7O0FFbE9rTixPQUFPRyxTQUFRO0FBYzFOLFNBQVMsV0FDZCxFQUFFLFNBQVMsTUFBTSxHQUNqQkMsV0FDQUMsV0FDcUI7QUFDckIsUUFBTSxhQUFhLElBQUksSUFBSUQsU0FBUTtBQUNuQyxRQUFNLFVBQVUsb0JBQUksSUFBWTtBQUNoQyxRQUFNLE9BQU8sb0JBQUksSUFBYTtBQUU5QixRQUFNLFNBQVMsb0JBQUksSUFBeUI7QUFDNUMsUUFBTSxPQUFPLENBQUMsU0FBd0I7QUFDcEMsUUFBSSxLQUFLLElBQUksSUFBSSxFQUFHO0FBQ3BCLFNBQUssSUFBSSxJQUFJO0FBQ2IsUUFBSSxLQUFLLFFBQVEsR0FBRztBQUNsQixXQUFLLE1BQU0sUUFBUSxJQUFJO0FBQ3ZCO0FBQUEsSUFDRjtBQUNBLFFBQUksRUFBRSxLQUFLLFNBQVNFLElBQUcsVUFBVSxTQUFTQSxJQUFHLFVBQVUsZUFBZ0I7QUFDdkUsVUFBTSxXQUFXLG9CQUFJLElBQVk7QUFDakMsZUFBVyxZQUFZLFFBQVEsb0JBQW9CLElBQUksR0FBRztBQUN4RCxZQUFNLEVBQUUsS0FBSyxJQUFJO0FBQ2pCLFlBQU0sTUFBTUQsVUFBUyxHQUFHLFFBQVE7QUFDaEMsVUFBSSxRQUFRLE9BQVcsVUFBUyxJQUFJLEdBQUc7QUFBQSxlQUM5QixXQUFXLElBQUksSUFBSSxHQUFHO0FBQzdCLFlBQUksU0FBUyxRQUFRQyxJQUFHLFlBQVksU0FBVSxZQUFXLE9BQU8sSUFBSTtBQUNwRSxZQUFJLFNBQVMsUUFBUUEsSUFBRyxZQUFZLE9BQVEsU0FBUSxJQUFJLElBQUk7QUFDNUQsaUJBQVMsSUFBSSxJQUFJO0FBQUEsTUFDbkI7QUFBQSxJQUNGO0FBQ0EsZUFBVyxRQUFRLFVBQVU7QUFDM0IsWUFBTSxTQUFTLE9BQU8sSUFBSSxJQUFJLEtBQUssb0JBQUksSUFBSTtBQUMzQyxpQkFBVyxTQUFTLFNBQVUsS0FBSSxVQUFVLEtBQU0sUUFBTyxJQUFJLEtBQUs7QUFDbEUsYUFBTyxJQUFJLE1BQU0sTUFBTTtBQUFBLElBQ3pCO0FBQUEsRUFDRjtBQUNBLFFBQU0sUUFBUSxDQUFDLFNBQXdCO0FBQ3JDLFFBQUlBLElBQUcsWUFBWSxJQUFJLEdBQUc7QUFDeEIsWUFBTSxTQUFTLFFBQVEsb0JBQW9CLEtBQUssUUFBUSxJQUFJO0FBQzVELFVBQUksV0FBVyxRQUFXO0FBQ3hCLGFBQUssUUFBUSx3QkFBd0IsTUFBTSxDQUFDO0FBQzVDLGFBQUssUUFBUSxnQkFBZ0IsTUFBTSxDQUFDO0FBQUEsTUFDdEM7QUFBQSxJQUNGO0FBQ0EsUUFBSUEsSUFBRyx1QkFBdUIsSUFBSSxLQUFLQSxJQUFHLHVCQUF1QixJQUFJLEVBQUcsTUFBSyxRQUFRLGtCQUFrQixLQUFLLElBQUksQ0FBQztBQUNqSCxRQUFJQSxJQUFHLFdBQVcsSUFBSSxFQUFHLE1BQUssUUFBUSxvQkFBb0IsSUFBSSxDQUFDO0FBQy9ELFFBQUlBLElBQUcsMEJBQTBCLElBQUksS0FBS0EsSUFBRyxpQkFBaUIsSUFBSSxLQUFLQSxJQUFHLGdCQUFnQixJQUFJLEdBQUc7QUFDL0YsV0FBSyxRQUFRLGtCQUFrQixJQUFJLENBQUM7QUFDcEMsWUFBTSxXQUFXLFFBQVEsa0JBQWtCLElBQUk7QUFDL0MsVUFBSSxhQUFhLE9BQVcsTUFBSyxRQUFRO0FBQUEsSUFDM0M7QUFDQSxJQUFBQSxJQUFHLGFBQWEsTUFBTSxLQUFLO0FBQUEsRUFDN0I7QUFDQSxRQUFNLFFBQVEsS0FBSztBQUVuQixRQUFNLFNBQVMsb0JBQUksSUFBb0I7QUFFdkMsUUFBTSxTQUFTLENBQUMsR0FBRyxVQUFVLEVBQUUsS0FBSyxDQUFDLEdBQUcsT0FBTyxPQUFPLElBQUksQ0FBQyxHQUFHLFFBQVEsTUFBTSxPQUFPLElBQUksQ0FBQyxHQUFHLFFBQVEsT0FBTyxJQUFJLElBQUksS0FBSyxFQUFFO0FBQ3pILGFBQVcsUUFBUSxRQUFRO0FBQ3pCLFVBQU0sUUFBUSxJQUFJLElBQUksQ0FBQyxHQUFJLE9BQU8sSUFBSSxJQUFJLEtBQUssQ0FBQyxDQUFFLEVBQUUsSUFBSSxDQUFDLFVBQVUsT0FBTyxJQUFJLEtBQUssS0FBSyxLQUFLLENBQUM7QUFDOUYsVUFBTSxPQUFPLFFBQVEsSUFBSSxJQUFJLElBQUksTUFBTTtBQUN2QyxRQUFJLFNBQVM7QUFDYixXQUFPLE1BQU0sSUFBSSxHQUFHLElBQUksR0FBRyxNQUFNLEdBQUcsRUFBRztBQUN2QyxXQUFPLElBQUksTUFBTSxHQUFHLElBQUksR0FBRyxNQUFNLEdBQUc7QUFBQSxFQUN0QztBQUNBLFNBQU87QUFDVDs7O0FWL0VnSCxJQUFNLCtCQUErQjtBQWVySixJQUFNLFlBQVksRUFBRSxpQkFBaUIsd0JBQXdCLG9CQUFvQiwwQkFBMEI7QUFDM0csSUFBTSxTQUFTO0FBR2YsSUFBTSxXQUFXLENBQUMsVUFBMkI7QUFBQSxFQUMzQyxNQUFNO0FBQUEsRUFDTixNQUFNLEVBQUUsVUFBVSxHQUFnQjtBQUNoQyxjQUFVLEVBQUUsUUFBUSxjQUFjLEdBQUcsQ0FBQyxFQUFFLFNBQVMsTUFBTyw4QkFBOEIsS0FBSyxRQUFRLElBQUksU0FBWSxJQUFLO0FBQUEsRUFDMUg7QUFDRjtBQUNBLElBQU0sc0JBQXNCLFNBQVMsRUFBRSxNQUFNLGFBQWEsVUFBVSxLQUFLLENBQUM7QUFDMUUsSUFBTSxvQkFBb0I7QUFBQSxFQUN4QixNQUFNO0FBQUEsRUFDTixNQUFNLEVBQUUsVUFBVSxHQUFnQjtBQUNoQyxjQUFVLEVBQUUsUUFBUSxPQUFPLEdBQUcsQ0FBQyxFQUFFLE1BQU0sU0FBUyxPQUFPO0FBQUEsTUFDckQsTUFBTSxjQUFjLEtBQUssUUFBUSxJQUFJLE9BQU87QUFBQSxNQUM1QyxVQUFVO0FBQUEsSUFDWixFQUFFO0FBQUEsRUFDSjtBQUNGO0FBR0EsSUFBTSxTQUFTO0FBQUEsRUFDYixNQUFNO0FBQUEsRUFDTixNQUFNLEVBQUUsVUFBVSxHQUFnQjtBQUNoQyxjQUFVLEVBQUUsUUFBUSx3QkFBd0IsR0FBRyxPQUFPLEVBQUUsTUFBTSxnQkFBZ0IsVUFBVSxLQUFLLEVBQUU7QUFBQSxFQUNqRztBQUNGO0FBRUEsSUFBTSxRQUFRO0FBQUEsRUFDWixPQUFPO0FBQUEsRUFDUCxNQUFNO0FBQUEsRUFDTixRQUFRO0FBQUEsRUFDUixZQUFZO0FBQUEsRUFDWixRQUFRO0FBQUEsRUFDUixVQUFVO0FBQUEsRUFDVixNQUFNO0FBQUEsRUFDTixPQUFPO0FBQUEsRUFDUCxNQUFNO0FBQUEsRUFDTixTQUFTO0FBQ1g7QUFHQSxJQUFNLGNBQWM7QUFBQSxFQUNsQixxQkFBcUI7QUFBQSxFQUNyQixvQkFBb0I7QUFBQSxFQUNwQixzQkFBc0I7QUFBQSxFQUN0Qix3QkFBd0I7QUFBQSxFQUN4QixvQkFBb0I7QUFBQSxFQUNwQixxQkFBcUI7QUFDdkI7QUFHQSxJQUFNLFVBQVUsQ0FBQyxrQkFBa0IsZUFBZSxjQUFjLFFBQVEsUUFBUTtBQUNoRixJQUFNLE9BQU8sQ0FBQyxTQUFpQixjQUFjLElBQUksSUFBSSxNQUFNLDRCQUFlLENBQUM7QUFDcEUsSUFBTSxVQUFVLFlBQVksS0FBSyxlQUFlLENBQUM7QUFDeEQsV0FBVyxPQUFPO0FBQ2xCLGFBQWEsT0FBTztBQUViLElBQU0sV0FBVztBQUFBLEVBQ3RCO0FBQUEsRUFDQSxPQUFPLE9BQU8sS0FBSyxFQUFFLElBQUksSUFBSTtBQUFBLEVBQzdCLFFBQVEsSUFBSSxDQUFDLFNBQVMsS0FBSyxnQkFBZ0IsSUFBSSxFQUFFLENBQUM7QUFDcEQ7QUFDQSxJQUFNLGNBQWMsSUFBSSxPQUFPLEtBQUssU0FBUyxLQUFLLEdBQUcsQ0FBQyxNQUFNLGFBQWEsTUFBTSxFQUFFO0FBQ2pGLElBQU0sUUFBUSxDQUFDLFlBQTBCO0FBQ3ZDLFVBQVEsY0FBYztBQUN0QixVQUFRLGNBQWMsRUFBRSxHQUFHLFFBQVE7QUFFbkMsVUFBUSxTQUFTO0FBQUEsSUFDZixHQUFHLFFBQVE7QUFBQSxJQUNYLDRCQUE0QjtBQUFBLElBQzVCLDJCQUEyQixPQUFPLE9BQU8sZ0JBQWdCO0FBQUEsRUFDM0Q7QUFDRjtBQUVBLElBQU0sZUFBZSxJQUFJLGFBQWEsT0FBTztBQUM3QyxJQUFNLFdBQVcsZUFBZSxTQUFTLGNBQWMsV0FBVyxTQUFTLFVBQVUsWUFBWSxDQUFDO0FBQzNGLElBQU0sVUFBVSxVQUFVLENBQUMsRUFBRSxTQUFTLE1BQU0sU0FBUyxJQUFJLFFBQVEsQ0FBQztBQUV6RSxJQUFNLFNBQVMsY0FBYyxTQUFTO0FBQUEsRUFDcEMsS0FBSyxNQUFNLEtBQUs7QUFBQSxFQUNoQixLQUFLLE1BQU0sVUFBVTtBQUFBLEVBQ3JCLEtBQUssTUFBTSxNQUFNO0FBQUEsRUFDakIsS0FBSyxNQUFNLFFBQVE7QUFBQSxFQUNuQixLQUFLLE1BQU0sSUFBSTtBQUFBLEVBQ2YsS0FBSyxNQUFNLEtBQUs7QUFDbEIsQ0FBQztBQUNELElBQU0sWUFBWSxjQUFjLE9BQU87QUFDdkMsSUFBTSxRQUFRLFVBQVUsQ0FBQyxFQUFFLFNBQVMsTUFBTSxDQUFDLFVBQVUsUUFBUSxTQUFTLEVBQUUsUUFBUSxDQUFDLFVBQVUsTUFBTSxJQUFJLFFBQVEsS0FBSyxDQUFDLENBQUMsQ0FBQztBQUNySCxJQUFNLFlBQVk7QUFBQSxFQUNoQixNQUFNO0FBQUEsRUFDTixNQUFNLEVBQUUsT0FBTyxHQUFnQjtBQUM3QixXQUFPLEVBQUUsUUFBUSx1QkFBdUIsR0FBRyxDQUFDLEVBQUUsS0FBSyxNQUFnQztBQUNqRixZQUFNLFdBQVcsTUFBTSxJQUFJLEtBQUssV0FBVyxNQUFNLEdBQUcsQ0FBQztBQUNyRCxhQUFPLGFBQWEsU0FBWSxTQUFZLEVBQUUsVUFBVSxRQUFRLEtBQUs7QUFBQSxJQUN2RSxDQUFDO0FBQUEsRUFDSDtBQUNGO0FBR0EsSUFBTSxXQUFXO0FBQUEsRUFDZixRQUFRO0FBQUEsRUFDUixNQUFNO0FBQUEsRUFDTixjQUFjO0FBQUEsRUFDZCxlQUFlO0FBQUEsRUFDZixjQUFjO0FBQUEsRUFDZCxnQkFBZ0I7QUFDbEI7QUFFQSxJQUFNLFNBQVMsTUFBTSxPQUFPLFFBQVEsRUFBRSxNQUFNLE1BQU07QUFDaEQsVUFBUSxLQUFLLGtGQUFrRjtBQUMvRixTQUFPO0FBQ1QsQ0FBQztBQU1ELElBQU0sVUFBVTtBQUFBLEVBQ2QsTUFBTTtBQUFBLEVBQ04sTUFBTSxZQUFZLE1BQWMsRUFBRSxLQUFLLEdBQXFCO0FBQzFELFFBQUksQ0FBQyxLQUFLLFNBQVMsS0FBSyxLQUFLLFdBQVcsT0FBVyxRQUFPO0FBQzFELFVBQU0sVUFBVSxFQUFFLFFBQVEsTUFBTSxRQUFRLE9BQU8sVUFBVSxVQUFVLFFBQVEsRUFBRSxVQUFVLE1BQU0sc0JBQXNCLEtBQUssRUFBRTtBQUMxSCxVQUFNLFNBQVMsTUFBTSxPQUFPLE9BQU8sTUFBTSxPQUFPO0FBQ2hELFdBQU8sRUFBRSxNQUFNLGtCQUFrQixPQUFPLElBQUssRUFBRTtBQUFBLEVBQ2pEO0FBQ0Y7QUFFQSxTQUFTLFVBQVVDLFVBQWlGO0FBQ2xHLFFBQU0sUUFBUSxvQkFBSSxJQUFvQjtBQUN0QyxhQUFXLFFBQVEsUUFBUSxPQUFPO0FBQ2hDLFVBQU0sUUFBUUEsU0FBUSxJQUFJO0FBQzFCLFFBQUksT0FBTyxPQUFRLE9BQU0sSUFBSSxLQUFLLFVBQVUsT0FBTyxLQUFLLE1BQU0sS0FBSyxDQUFDO0FBQUEsRUFDdEU7QUFDQSxTQUFPO0FBQ1Q7QUFFQSxJQUFPLHNCQUFRLGFBQWE7QUFBQSxFQUMxQjtBQUFBLElBQ0UsT0FBTyxFQUFFLEdBQUcsT0FBTyxHQUFHLGFBQWEsR0FBRyxXQUFXLFFBQVEsMEJBQTBCLEtBQUssa0JBQWtCO0FBQUEsSUFDMUcsUUFBUTtBQUFBLElBQ1IsUUFBUTtBQUFBLElBQ1IsVUFBVTtBQUFBO0FBQUEsSUFFVixXQUFXO0FBQUEsSUFDWCxLQUFLLEVBQUUsTUFBTTtBQUFBLElBQ2IsUUFBUTtBQUFBLElBQ1IsVUFBVSxDQUFDLFFBQVE7QUFBQSxJQUNuQixZQUFZLENBQUMsTUFBTTtBQUFBLElBQ25CLGdCQUFnQixDQUFDLHFCQUFxQixtQkFBbUIsUUFBUSxTQUFTO0FBQUEsSUFDMUUsZ0JBQWdCO0FBQUEsSUFDaEIsU0FBUyxDQUFDLE9BQU87QUFBQSxFQUNuQjtBQUFBLEVBQ0E7QUFBQSxJQUNFLE9BQU8sRUFBRSxlQUFlLHlCQUF5QjtBQUFBLElBQ2pELFFBQVE7QUFBQSxJQUNSLFFBQVE7QUFBQSxJQUNSLFVBQVU7QUFBQSxJQUNWLFFBQVE7QUFBQSxJQUNSLFlBQVksQ0FBQyxJQUFJO0FBQUEsSUFDakIsZUFBZSxTQUFTO0FBRXRCLGNBQVEsYUFBYSxDQUFDLFNBQVM7QUFBQSxJQUNqQztBQUFBLEVBQ0Y7QUFBQSxFQUNBO0FBQUE7QUFBQSxJQUVFLE9BQU8sRUFBRSxTQUFTLDhCQUE4QjtBQUFBLElBQ2hELFFBQVE7QUFBQSxJQUNSLFFBQVE7QUFBQSxJQUNSLFVBQVU7QUFBQSxJQUNWLFdBQVc7QUFBQSxJQUNYLFFBQVE7QUFBQSxJQUNSLGdCQUFnQixDQUFDLFNBQVMsRUFBRSxNQUFNLEtBQUssc0JBQXNCLEVBQUUsQ0FBQyxDQUFDO0FBQUEsRUFDbkU7QUFBQSxFQUNBO0FBQUEsSUFDRSxPQUFPLEVBQUUsR0FBRyxPQUFPLEdBQUcsYUFBYSxHQUFHLFVBQVU7QUFBQSxJQUNoRCxRQUFRO0FBQUEsSUFDUixRQUFRO0FBQUEsSUFDUixVQUFVO0FBQUEsSUFDVixXQUFXO0FBQUEsSUFDWCxRQUFRO0FBQUEsSUFDUixjQUFjLE9BQU8sRUFBRSxJQUFJLE9BQU87QUFBQSxJQUNsQyxVQUFVLENBQUMsUUFBUTtBQUFBO0FBQUEsSUFFbkIsWUFBWSxDQUFDLGFBQWEsVUFBVSxZQUFZO0FBQUEsSUFDaEQsZ0JBQWdCLENBQUMscUJBQXFCLFNBQVM7QUFBQSxJQUMvQyxlQUFlLFNBQVM7QUFDdEIsWUFBTSxPQUFPO0FBRWIsY0FBUSxhQUFhLENBQUMsU0FBUztBQUFBLElBQ2pDO0FBQUEsRUFDRjtBQUFBLEVBQ0E7QUFBQSxJQUNFLE9BQU8sRUFBRSxhQUFhLDRCQUE0QixpQkFBaUIseUJBQXlCO0FBQUEsSUFDNUYsUUFBUTtBQUFBLElBQ1IsWUFBWTtBQUFBLElBQ1osUUFBUTtBQUFBLElBQ1IsVUFBVTtBQUFBLElBQ1YsUUFBUTtBQUFBLElBQ1IsUUFBUTtBQUFBLElBQ1IsY0FBYyxPQUFPLEVBQUUsSUFBSSxhQUFhO0FBQUEsSUFDeEMsWUFBWSxDQUFDLElBQUk7QUFBQSxJQUNqQixnQkFBZ0IsQ0FBQyxTQUFTLEVBQUUsTUFBTSxLQUFLLHlCQUF5QixFQUFFLENBQUMsR0FBRyxTQUFTO0FBQUEsSUFDL0UsZUFBZSxTQUFTO0FBQ3RCLFlBQU0sT0FBTztBQUNiLGNBQVEsYUFBYSxDQUFDLFdBQVcsVUFBVSxNQUFNO0FBQUEsSUFDbkQ7QUFBQSxFQUNGO0FBQUEsRUFDQTtBQUFBO0FBQUEsSUFFRSxPQUFPLEVBQUUsY0FBYywwQ0FBMEM7QUFBQSxJQUNqRSxRQUFRO0FBQUEsSUFDUixRQUFRO0FBQUEsSUFDUixVQUFVO0FBQUEsSUFDVixRQUFRO0FBQUEsSUFDUixRQUFRO0FBQUEsSUFDUixjQUFjLE9BQU8sRUFBRSxJQUFJLE1BQU07QUFBQSxFQUNuQztBQUNGLENBQUM7IiwKICAibmFtZXMiOiBbInRzIiwgInRzIiwgInRzIiwgInNvdXJjZXMiLCAibmFtZXNJbiIsICJ0cyIsICJsaXRlcmFsIiwgImRlY2xhcmVkIiwgImVudHJ5IiwgInRzIiwgInRzIiwgInRzIiwgInNvdXJjZXMiLCAicmVuYW1lZCIsICJ0cyIsICJpc1ByaXZhdGUiLCAidHMiLCAicm9vdCIsICJ0cyIsICJkaXJuYW1lIiwgInRzIiwgInRzIiwgInRzIiwgInNvdXJjZXMiLCAiZW50cnkiLCAidHMiLCAibGl0ZXJhbCIsICJkaXJuYW1lIiwgInRzIiwgImludGVybmFsIiwgInByaXZhdGVzIiwgInRzIiwgImVkaXRzT2YiXQp9Cg==
