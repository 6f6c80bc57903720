// tsup.config.ts
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { defineConfig } from "tsup";

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
import ts from "typescript";
function internalNames(sources2, entries, packages) {
  const { program, checker, files } = sources2;
  const own = new Set(files);
  const inside = /* @__PURE__ */ new Set();
  const outside = /* @__PURE__ */ new Set([...publicSurface(program, checker, entries), ...namesIn(packages)]);
  const isOurs = (symbol) => (symbol.declarations ?? []).length > 0 && symbol.declarations.every((declaration) => {
    const owner = declaration.parent;
    const isMember = ts.isClassLike(owner) || ts.isInterfaceDeclaration(owner) || ts.isTypeLiteralNode(owner) && ts.isTypeAliasDeclaration(owner.parent) || ts.isParameter(declaration) && ts.isConstructorDeclaration(owner);
    return isMember && own.has(declaration.getSourceFile());
  });
  const note = (name, symbol) => {
    if (symbol !== void 0 && isOurs(symbol)) inside.add(name);
    else outside.add(name);
  };
  const keyOf = (literal, name) => {
    const type = checker.getContextualType(literal);
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
    if (ts.isStringLiteralLike(node) && /^[\w$]+$/.test(node.text)) outside.add(node.text);
    if (ts.isPropertyAccessExpression(node)) {
      const type = checker.getTypeAtLocation(node.expression);
      const parts = type.isUnion() ? type.types : [type];
      const symbols = parts.map((part) => checker.getPropertyOfType(checker.getNonNullableType(part), node.name.text));
      const known = symbols.filter((symbol) => symbol !== void 0);
      if (known.length === 0) note(node.name.text, checker.getSymbolAtLocation(node.name));
      else for (const symbol of known) note(node.name.text, symbol);
    } else if ((ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node) || ts.isMethodDeclaration(node) || ts.isAccessor(node)) && ts.isObjectLiteralExpression(node.parent)) {
      if (ts.isIdentifier(node.name)) note(node.name.text, keyOf(node.parent, node.name.text));
    } else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent) && node.dotDotDotToken === void 0) {
      const name = node.propertyName ?? node.name;
      if (ts.isIdentifier(name)) {
        const type = checker.getTypeAtLocation(node.parent);
        const parts = type.isUnion() ? type.types : [type];
        for (const part of parts) note(name.text, checker.getPropertyOfType(checker.getNonNullableType(part), name.text));
      }
    } else if (ts.isPropertySignature(node) && ts.isTypeLiteralNode(node.parent) && !ts.isTypeAliasDeclaration(node.parent.parent) && ts.isIdentifier(node.name)) {
      outside.add(node.name.text);
    }
    ts.forEachChild(node, visit);
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
    if (symbol.flags & ts.SymbolFlags.Type) membersOf(checker.getDeclaredTypeOfSymbol(symbol));
    if (symbol.flags & ts.SymbolFlags.Value) membersOf(checker.getTypeOfSymbol(symbol));
    return true;
  };
  const argumentsIn = (node) => {
    if (ts.isTypeReferenceNode(node)) for (const argument of node.typeArguments ?? []) add(checker.getTypeFromTypeNode(argument));
    ts.forEachChild(node, argumentsIn);
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
    if (type.flags & ts.TypeFlags.Conditional) {
      const { node } = type.root;
      add(checker.getTypeFromTypeNode(node.trueType));
      add(checker.getTypeFromTypeNode(node.falseType));
    }
    if (type.flags & ts.TypeFlags.Object && !isForeign(type.symbol?.declarations ?? []) && isFirst(type)) membersOf(type);
  };
  const membersOf = (type) => {
    const properties = checker.getPropertiesOfType(type).filter((property) => !isPrivate(property));
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
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      if (target.flags & ts.SymbolFlags.Value) add(checker.getTypeOfSymbol(target));
      if (target.flags & ts.SymbolFlags.Type) add(checker.getDeclaredTypeOfSymbol(target));
    }
  }
  for (const type of types) walk(type);
  return names;
}
function isPick(node) {
  if (!ts.isTypeReferenceNode(node) && !ts.isExpressionWithTypeArguments(node)) return false;
  const name = ts.isTypeReferenceNode(node) ? node.typeName : node.expression;
  return node.typeArguments?.length === 2 && ts.isIdentifier(name) && /^(Pick|Omit)$/.test(name.text);
}
function isPrivate(property) {
  return (property.declarations ?? []).some(
    (declaration) => (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) !== 0
  );
}
function isReference(type) {
  return (type.objectFlags & ts.ObjectFlags.Reference) !== 0;
}
function namesIn(folders) {
  const names = /* @__PURE__ */ new Set();
  const visit = (node) => {
    if (ts.isStringLiteralLike(node) || ts.isIdentifier(node) && isProperty(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  for (const folder of folders) {
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (!/\.[cm]?js$/.test(file)) continue;
      visit(ts.createSourceFile(file, readFileSync(join(folder, file), "utf8"), ts.ScriptTarget.Latest, true, ts.ScriptKind.JS));
    }
  }
  return names;
}
function isProperty({ parent }) {
  return ts.isPropertyAccessExpression(parent) || ts.isObjectLiteralElementLike(parent) || ts.isClassElement(parent) || ts.isBindingElement(parent) || ts.isExportSpecifier(parent) || ts.isImportSpecifier(parent);
}

// build/private-names.ts
import ts2 from "typescript";
var PRIVATE_NAME = /^\w+\$$/;
function renamePrivates(sources2) {
  const names = new PrivateNames(sources2);
  const renamed2 = /* @__PURE__ */ new Map();
  for (const file of sources2.files) {
    const edits = [];
    const visit = (node) => {
      const text = ts2.isIdentifier(node) ? names.at(node) : isTypeKey(node) ? names.ofKey(node) : void 0;
      if (text !== void 0) edits.push({ start: node.getStart(), end: node.end, text });
      ts2.forEachChild(node, visit);
    };
    visit(file);
    if (edits.length > 0) renamed2.set(file.fileName, edits);
  }
  return renamed2;
}
var PrivateNames = class {
  constructor({ checker, files }) {
    /** How many names of fields, and of methods, the private members of a class take. */
    this.counts = /* @__PURE__ */ new Map();
    this.names = /* @__PURE__ */ new Map();
    this.checker = checker;
    const visit = (node) => {
      if (ts2.isClassLike(node)) this.count(node);
      ts2.forEachChild(node, visit);
    };
    files.forEach(visit);
  }
  /** What stands in the place of an identifier that names a private member, or the parameter which makes one. */
  at(node) {
    const { parent, text } = node;
    if (ts2.isBindingElement(parent) && ts2.isObjectBindingPattern(parent.parent) && (parent.propertyName ?? parent.name) === node) {
      const name = this.of(this.checker.getPropertyOfType(this.checker.getTypeAtLocation(parent.parent), text));
      return name !== void 0 && parent.propertyName === void 0 ? `${name}: ${text}` : name;
    }
    if (ts2.isShorthandPropertyAssignment(parent)) {
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
    const extended = owner.heritageClauses?.find(({ token }) => token === ts2.SyntaxKind.ExtendsKeyword)?.types[0];
    const base = extended && this.checker.getTypeAtLocation(extended.expression).symbol?.valueDeclaration;
    const counts = base !== void 0 && ts2.isClassLike(base) ? { ...this.count(base) } : { m: 0, f: 0 };
    const given = owner.members.filter(ts2.isConstructorDeclaration).flatMap(({ parameters }) => [...parameters]);
    for (const member of [...given, ...owner.members].filter(isPrivate2)) {
      const symbol = declared(member);
      const kind = ts2.isMethodDeclaration(member) ? "f" : "m";
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
  const isMember = ts2.isClassElement(declaration) || ts2.isParameter(declaration);
  return isMember && (ts2.getCombinedModifierFlags(declaration) & ts2.ModifierFlags.Private) !== 0;
}
function isTypeKey(node) {
  return ts2.isStringLiteral(node) && ts2.isLiteralTypeNode(node.parent) && ts2.isIndexedAccessTypeNode(node.parent.parent);
}

// build/program.ts
import { dirname } from "node:path";
import ts3 from "typescript";
function readSources(config) {
  const root2 = dirname(config);
  const json = { ...ts3.readConfigFile(config, ts3.sys.readFile).config, include: ["src"] };
  const { options, fileNames } = ts3.parseJsonConfigFileContent(json, ts3.sys, root2);
  const program = ts3.createProgram(fileNames, options);
  const isTester = (fileName) => fileName.startsWith(`${root2}/src/node/conform/`);
  const files = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(`${root2}/src/`) && !isTester(fileName));
  return { program, checker: program.getTypeChecker(), files };
}

// build/sentences.ts
import { dirname as dirname2, resolve } from "node:path";
import ts5 from "typescript";

// build/references.ts
import ts4 from "typescript";
var References = class {
  constructor({ checker, files }) {
    this.uses = /* @__PURE__ */ new Map();
    this.checker = checker;
    const visit = (node) => {
      if (ts4.isIdentifier(node)) this.note(node);
      ts4.forEachChild(node, visit);
    };
    files.forEach(visit);
  }
  /** Where a symbol is named, its declaration aside. */
  usesOf(symbol) {
    return this.uses.get(symbol) ?? [];
  }
  /** What an identifier means, at the other end of imports. */
  symbolAt(node) {
    const isShorthand = ts4.isShorthandPropertyAssignment(node.parent) && node.parent.name === node;
    const symbol = isShorthand ? this.checker.getShorthandAssignmentValueSymbol(node.parent) : this.checker.getSymbolAtLocation(node);
    return symbol && symbol.flags & ts4.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }
  /** The symbol that a function is called by, where it has a name. */
  symbolOf(owner) {
    const named = ts4.isArrowFunction(owner) ? owner.parent : owner;
    const isNamed = ts4.isFunctionDeclaration(named) || ts4.isVariableDeclaration(named) || ts4.isMethodDeclaration(named);
    return isNamed && named.name ? this.checker.getSymbolAtLocation(named.name) : void 0;
  }
  /** The calls of a function or method. */
  callsOf(symbol) {
    const calls = this.usesOf(symbol).map((use) => {
      const callee = ts4.isPropertyAccessExpression(use.parent) ? use.parent : use;
      return ts4.isCallExpression(callee.parent) && callee.parent.expression === callee ? callee.parent : void 0;
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
  return ts4.isNewExpression(node) && ts4.isIdentifier(node.expression) && node.expression.text === "P2PError";
}

// build/sentences.ts
var BETWEEN = "|";
var VALUE = "~";
var MIN_LENGTH = 12;
var TABLE = "SENTENCES";
function liftSentences(sources2, entry2) {
  const within = reachable(sources2, entry2);
  const places = new Places(sources2, within);
  const found = [];
  let table;
  const visit = (node) => {
    if (ts5.isStringLiteralLike(node) && node.text.length >= MIN_LENGTH && places.isSentence(node))
      found.push({ node, text: node.text });
    if (ts5.isTemplateExpression(node) && places.isSentence(node)) found.push({ node, text: textOf(node) });
    if (ts5.isVariableDeclaration(node) && node.name.getText() === TABLE) table = node.initializer;
    ts5.forEachChild(node, visit);
  };
  for (const file of within) visit(file);
  const texts = [...new Set(found.map(({ text }) => text))].sort();
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
  const pieces = [head.text, ...templateSpans.map(({ literal }) => literal.text)];
  const unfit = pieces.find((piece) => piece.includes(VALUE));
  if (unfit !== void 0) throw new Error(`A sentence with values may not hold ${VALUE}: ${unfit}`);
  return pieces.join(VALUE);
}
function editsOf(node, number, whole) {
  if (!ts5.isTemplateExpression(node))
    return [{ start: node.getStart(), end: node.end, text: whole ? `${number}` : `[${number}]` }];
  const { head, templateSpans } = node;
  const edits = [{ start: head.getStart(), end: head.end, text: `[${number},` }];
  for (const [i, { literal }] of templateSpans.entries()) {
    edits.push({ start: literal.getStart(), end: literal.end, text: i === templateSpans.length - 1 ? "]" : "," });
  }
  return edits;
}
function isWhole(node) {
  const { parent } = node;
  return isNewError(parent) || (ts5.isParenthesizedExpression(parent) || isBranch(node)) && isWhole(parent);
}
function isBranch(node) {
  const { parent } = node;
  return ts5.isConditionalExpression(parent) && parent.condition !== node;
}
function reachable({ program, files }, entry2) {
  const own = new Set(files);
  const found = /* @__PURE__ */ new Set([program.getSourceFile(entry2)]);
  for (const file of found) {
    for (const statement of file.statements) {
      const isLink = ts5.isImportDeclaration(statement) && !statement.importClause?.isTypeOnly || isExport(statement);
      if (!isLink || !statement.moduleSpecifier || !ts5.isStringLiteral(statement.moduleSpecifier)) continue;
      const path = resolve(dirname2(file.fileName), statement.moduleSpecifier.text.replace(/\.js$/, ".ts"));
      const target = program.getSourceFile(path);
      if (target !== void 0 && own.has(target)) found.add(target);
    }
  }
  return found;
}
function isExport(statement) {
  return ts5.isExportDeclaration(statement) && !statement.isTypeOnly;
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
      ts5.forEachChild(node, visit);
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
    if (ts5.isParenthesizedExpression(parent)) return this.isSentence(parent);
    if (isBranch(node) || isFallback(node)) return this.isSentence(parent);
    if (isNewError(parent)) return parent.arguments?.indexOf(node) === 1;
    if (ts5.isTemplateSpan(parent)) return this.within.has(node.getSourceFile()) && this.isSentence(parent.parent);
    if (ts5.isCallExpression(parent)) return this.isCarrying(this.parameterOf(parent, node));
    if ((ts5.isVariableDeclaration(parent) || ts5.isParameter(parent)) && parent.initializer === node) {
      return this.isCarrying(this.checker.getSymbolAtLocation(parent.name));
    }
    if (isAssignment(parent) && parent.right === node) return this.isCarrying(this.references.symbolAt(parent.left));
    if (ts5.isReturnStatement(parent) || ts5.isArrowFunction(parent) && parent.body === node) {
      const owner = ts5.isArrowFunction(parent) ? parent : ts5.findAncestor(parent, ts5.isFunctionLike);
      return owner !== void 0 && this.isCarrying(this.references.symbolOf(owner));
    }
    return false;
  }
  isCarrying(symbol) {
    return symbol !== void 0 && this.carriers.has(symbol);
  }
  candidate(node) {
    const isVariable = ts5.isVariableDeclaration(node) && !isExported(node.parent.parent);
    if ((isVariable || ts5.isParameter(node) && hasBody(node.parent)) && ts5.isIdentifier(node.name)) {
      return this.isText(this.checker.getTypeAtLocation(node.name)) ? this.checker.getSymbolAtLocation(node.name) : void 0;
    }
    if (!ts5.isFunctionDeclaration(node) && !ts5.isArrowFunction(node)) return void 0;
    const returned = this.checker.getSignatureFromDeclaration(node)?.getReturnType();
    return returned !== void 0 && this.isText(returned) ? this.references.symbolOf(node) : void 0;
  }
  isText(type) {
    const parts = type.isUnion() ? type.types : [type];
    const texts = parts.filter((part) => (part.flags & ts5.TypeFlags.StringLike) !== 0);
    return texts.length > 0 && parts.every((part) => texts.includes(part) || (part.flags & ts5.TypeFlags.Undefined) !== 0);
  }
  isCarrier(symbol) {
    const uses = this.references.usesOf(symbol);
    const isFunction = symbol.declarations?.some(
      (declaration) => ts5.isFunctionDeclaration(declaration) || ts5.isVariableDeclaration(declaration) && declaration.initializer !== void 0 && ts5.isArrowFunction(declaration.initializer)
    );
    const isUsedSo = (use) => {
      if (ts5.isImportSpecifier(use.parent)) return true;
      if (!isFunction) return this.isSentence(use) || isQuestion(use) || isAssignment(use.parent) && use.parent.left === use;
      const call = use.parent;
      return ts5.isCallExpression(call) && call.expression === use && (this.isSentence(call) || isQuestion(call));
    };
    return uses.length > 0 && uses.every(isUsedSo);
  }
  /** The parameter that an argument is given to, where the function that is called is known. */
  parameterOf(call, argument) {
    const i = call.arguments.indexOf(argument);
    const { declaration } = this.checker.getResolvedSignature(call) ?? {};
    if (i < 0 || declaration === void 0 || !ts5.isFunctionLike(declaration) || !hasBody(declaration)) return void 0;
    const name = declaration.parameters[i]?.name;
    return name && ts5.isIdentifier(name) ? this.checker.getSymbolAtLocation(name) : void 0;
  }
};
function hasBody(owner) {
  if (ts5.isMethodDeclaration(owner)) {
    return owner.body !== void 0 && (ts5.getCombinedModifierFlags(owner) & ts5.ModifierFlags.Private) !== 0;
  }
  return ts5.isArrowFunction(owner) || ts5.isFunctionDeclaration(owner) && owner.body !== void 0;
}
function isExported(node) {
  return ts5.isVariableStatement(node) && (node.modifiers?.some(({ kind }) => kind === ts5.SyntaxKind.ExportKeyword) ?? false);
}
function isAssignment(node) {
  return ts5.isBinaryExpression(node) && node.operatorToken.kind === ts5.SyntaxKind.EqualsToken;
}
function isFallback({ parent }) {
  return ts5.isBinaryExpression(parent) && parent.operatorToken.kind === ts5.SyntaxKind.QuestionQuestionToken;
}
function isQuestion({ parent }) {
  if (!ts5.isBinaryExpression(parent)) return false;
  const { kind } = parent.operatorToken;
  const isComparison = kind === ts5.SyntaxKind.EqualsEqualsEqualsToken || kind === ts5.SyntaxKind.ExclamationEqualsEqualsToken;
  return isComparison && ts5.isIdentifier(parent.right) && parent.right.text === "undefined";
}

// tsup.config.ts
var __injected_import_meta_url__ = "file:///work/wt/surprise/tsup.config.ts";
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
  node: "src/node/index.ts",
  testing: "src/testing/index.ts"
};
var development = { "index.development": "src/index.development.ts", "core.development": "src/core.development.ts" };
var BUNDLED = ["@noble/ed25519", "@scure/base", "idb-keyval", "isomorphic-ws", "mitt", "nanoid"];
var root = (path) => fileURLToPath(new URL(path, __injected_import_meta_url__));
var sources = readSources(root("tsconfig.json"));
var internal = internalNames(
  sources,
  Object.values(entry).map(root),
  BUNDLED.map((name) => root(`node_modules/${name}`))
);
var mangleProps = new RegExp(`^(${internal.join("|")})$|${PRIVATE_NAME.source}`);
var short = (options) => {
  options.mangleProps = mangleProps;
  options.define = { ...options.define, "Number.POSITIVE_INFINITY": "Infinity" };
};
var privates = renamePrivates(sources);
var renamed = textsWith(({ fileName }) => privates.get(fileName));
var lifted = liftSentences(sources, root(entry.index));
var built = textsWith(({ fileName }) => [...privates.get(fileName) ?? [], ...lifted.get(fileName) ?? []]);
var rewritten = {
  name: "rewritten",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const contents = built.get(path.replaceAll("\\", "/"));
      return contents === void 0 ? void 0 : { contents, loader: "ts" };
    });
  }
};
var simpler = isInstalled() ? {
  minify: "terser",
  terserOptions: {
    mangle: false,
    compress: { passes: 2, reduce_funcs: false },
    format: { beautify: true, preserve_annotations: true }
  }
} : {};
function isInstalled() {
  try {
    createRequire(__injected_import_meta_url__).resolve("terser");
    return true;
  } catch {
    console.warn("terser is not installed: what is built is larger than its budgets. Run `npm ci`.");
    return false;
  }
}
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
    ...simpler
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
    entry: { "lotus-p2p": "src/index.development.ts" },
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
      options.alias = { "isomorphic-ws": fileURLToPath(new URL("node_modules/isomorphic-ws/browser.js", __injected_import_meta_url__)) };
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
//# sourceMappingURL=data:application/json;base64,ewogICJ2ZXJzaW9uIjogMywKICAic291cmNlcyI6IFsidHN1cC5jb25maWcudHMiLCAiYnVpbGQvZWRpdHMudHMiLCAiYnVpbGQvaW50ZXJuYWwtbmFtZXMudHMiLCAiYnVpbGQvcHJpdmF0ZS1uYW1lcy50cyIsICJidWlsZC9wcm9ncmFtLnRzIiwgImJ1aWxkL3NlbnRlbmNlcy50cyIsICJidWlsZC9yZWZlcmVuY2VzLnRzIl0sCiAgInNvdXJjZXNDb250ZW50IjogWyJjb25zdCBfX2luamVjdGVkX2ZpbGVuYW1lX18gPSBcIi93b3JrL3d0L3N1cnByaXNlL3RzdXAuY29uZmlnLnRzXCI7Y29uc3QgX19pbmplY3RlZF9kaXJuYW1lX18gPSBcIi93b3JrL3d0L3N1cnByaXNlXCI7Y29uc3QgX19pbmplY3RlZF9pbXBvcnRfbWV0YV91cmxfXyA9IFwiZmlsZTovLy93b3JrL3d0L3N1cnByaXNlL3RzdXAuY29uZmlnLnRzXCI7aW1wb3J0IHsgY3JlYXRlUmVxdWlyZSB9IGZyb20gJ25vZGU6bW9kdWxlJ1xuaW1wb3J0IHsgZmlsZVVSTFRvUGF0aCB9IGZyb20gJ25vZGU6dXJsJ1xuaW1wb3J0IHR5cGUgeyBCdWlsZE9wdGlvbnMsIE9uTG9hZFJlc3VsdCwgT25SZXNvbHZlUmVzdWx0LCBQbHVnaW5CdWlsZCB9IGZyb20gJ2VzYnVpbGQnXG5pbXBvcnQgeyBkZWZpbmVDb25maWcsIHR5cGUgT3B0aW9ucyB9IGZyb20gJ3RzdXAnXG5pbXBvcnQgdHlwZSB7IFNvdXJjZUZpbGUgfSBmcm9tICd0eXBlc2NyaXB0J1xuaW1wb3J0IHsgdHlwZSBFZGl0LCBlZGl0ZWQgfSBmcm9tICcuL2J1aWxkL2VkaXRzLmpzJ1xuaW1wb3J0IHsgaW50ZXJuYWxOYW1lcyB9IGZyb20gJy4vYnVpbGQvaW50ZXJuYWwtbmFtZXMuanMnXG5pbXBvcnQgeyBQUklWQVRFX05BTUUsIHJlbmFtZVByaXZhdGVzIH0gZnJvbSAnLi9idWlsZC9wcml2YXRlLW5hbWVzLmpzJ1xuaW1wb3J0IHsgcmVhZFNvdXJjZXMgfSBmcm9tICcuL2J1aWxkL3Byb2dyYW0uanMnXG5pbXBvcnQgeyBsaWZ0U2VudGVuY2VzIH0gZnJvbSAnLi9idWlsZC9zZW50ZW5jZXMuanMnXG5cbi8qKiBXaGF0IHBhY2thZ2UuanNvbiBjaG9vc2VzIGJ5IGNvbmRpdGlvbjogbm8gYnVuZGxlciBmb3IgYnJvd3NlcnMgc2VlcyBOb2RlJ3MgaGFsZiwgYW5kIE5vZGUgbG9hZHMgZmV3IGZpbGVzLiAqL1xuY29uc3QgcGxhdGZvcm1zID0geyAncGxhdGZvcm0tbm9kZSc6ICdzcmMvcGxhdGZvcm0vbm9kZS50cycsICdwbGF0Zm9ybS1icm93c2VyJzogJ3NyYy9wbGF0Zm9ybS9icm93c2VyLnRzJyB9XG5jb25zdCBWRU5ET1IgPSAvXihpZGIta2V5dmFsfG1pdHR8bmFub2lkKSQvXG5cbi8qKiBTb3VyY2VzIGltcG9ydCBOb2RlJ3MgaGFsZiwgYSBmaWxlIGAqLm5vZGUudHNgIGVhY2g7IHdoYXQgaXMgYnVpbHQgaW1wb3J0cyB0aGUgaGFsZiB0aGF0IGlzIGFza2VkIGZvciBoZXJlLiAqL1xuY29uc3QgcGxhdGZvcm0gPSAoaGFsZjogT25SZXNvbHZlUmVzdWx0KSA9PiAoe1xuICBuYW1lOiAncGxhdGZvcm0nLFxuICBzZXR1cCh7IG9uUmVzb2x2ZSB9OiBQbHVnaW5CdWlsZCkge1xuICAgIG9uUmVzb2x2ZSh7IGZpbHRlcjogL1xcLm5vZGVcXC5qcyQvIH0sICh7IGltcG9ydGVyIH0pID0+ICgvW1xcXFwvXXBsYXRmb3JtW1xcXFwvXW5vZGVcXC50cyQvLnRlc3QoaW1wb3J0ZXIpID8gdW5kZWZpbmVkIDogaGFsZikpXG4gIH0sXG59KVxuY29uc3QgcGxhdGZvcm1CeUNvbmRpdGlvbiA9IHBsYXRmb3JtKHsgcGF0aDogJyNwbGF0Zm9ybScsIGV4dGVybmFsOiB0cnVlIH0pXG5jb25zdCB2ZW5kb3JCeUNvbmRpdGlvbiA9IHtcbiAgbmFtZTogJ3ZlbmRvcicsXG4gIHNldHVwKHsgb25SZXNvbHZlIH06IFBsdWdpbkJ1aWxkKSB7XG4gICAgb25SZXNvbHZlKHsgZmlsdGVyOiBWRU5ET1IgfSwgKHsgcGF0aCwgaW1wb3J0ZXIgfSkgPT4gKHtcbiAgICAgIHBhdGg6IC92ZW5kb3JcXC50cyQvLnRlc3QoaW1wb3J0ZXIpID8gcGF0aCA6ICcjdmVuZG9yJyxcbiAgICAgIGV4dGVybmFsOiB0cnVlLFxuICAgIH0pKVxuICB9LFxufVxuXG4vKiogVGhlIGNvbW1hbmQgbG9hZHMgdGhlIHRlc3RlciB3aGVyZSBpdCBpcyBhc2tlZCBmb3IuICovXG5jb25zdCB0ZXN0ZXIgPSB7XG4gIG5hbWU6ICd0ZXN0ZXInLFxuICBzZXR1cCh7IG9uUmVzb2x2ZSB9OiBQbHVnaW5CdWlsZCkge1xuICAgIG9uUmVzb2x2ZSh7IGZpbHRlcjogL2NvbmZvcm1cXC9jb21tYW5kXFwuanMkLyB9LCAoKSA9PiAoeyBwYXRoOiAnLi9jb25mb3JtLmpzJywgZXh0ZXJuYWw6IHRydWUgfSkpXG4gIH0sXG59XG5cbmNvbnN0IGVudHJ5ID0ge1xuICBpbmRleDogJ3NyYy9pbmRleC50cycsXG4gIGNvcmU6ICdzcmMvY29yZS50cycsXG4gIGVycm9yczogJ3NyYy9lcnJvcnMudHMnLFxuICBzdGF0ZW1lbnRzOiAnc3JjL3N0YXRlbWVudHMvaW5kZXgudHMnLFxuICBtdXNpZzI6ICdzcmMvbXVzaWcyL2luZGV4LnRzJyxcbiAgbm9kZTogJ3NyYy9ub2RlL2luZGV4LnRzJyxcbiAgdGVzdGluZzogJ3NyYy90ZXN0aW5nL2luZGV4LnRzJyxcbn1cblxuLyoqIFdoYXQgY29uZGl0aW9ucyBjaG9vc2UgaW4gcGxhY2Ugb2YgYW4gZW50cnksIHdpdGggdGhlIHNhbWUgdHlwZXMuICovXG5jb25zdCBkZXZlbG9wbWVudCA9IHsgJ2luZGV4LmRldmVsb3BtZW50JzogJ3NyYy9pbmRleC5kZXZlbG9wbWVudC50cycsICdjb3JlLmRldmVsb3BtZW50JzogJ3NyYy9jb3JlLmRldmVsb3BtZW50LnRzJyB9XG5cbi8qKiBQYWNrYWdlcyB0aGF0IHNvbWUgYnVuZGxlIHRha2VzIGluLiAqL1xuY29uc3QgQlVORExFRCA9IFsnQG5vYmxlL2VkMjU1MTknLCAnQHNjdXJlL2Jhc2UnLCAnaWRiLWtleXZhbCcsICdpc29tb3JwaGljLXdzJywgJ21pdHQnLCAnbmFub2lkJ11cbmNvbnN0IHJvb3QgPSAocGF0aDogc3RyaW5nKSA9PiBmaWxlVVJMVG9QYXRoKG5ldyBVUkwocGF0aCwgaW1wb3J0Lm1ldGEudXJsKSlcbmV4cG9ydCBjb25zdCBzb3VyY2VzID0gcmVhZFNvdXJjZXMocm9vdCgndHNjb25maWcuanNvbicpKVxuLyoqIFByb3BlcnRpZXMgdGhhdCBub2JvZHkgb3V0c2lkZSBjYW4gc2VlIGFyZSBzaG9ydCBpbiB3aGF0IGlzIGJ1aWx0OiB0aGV5IGFyZSBhIGZpZnRpZXRoIG9mIGl0cyBieXRlcy4gKi9cbmV4cG9ydCBjb25zdCBpbnRlcm5hbCA9IGludGVybmFsTmFtZXMoXG4gIHNvdXJjZXMsXG4gIE9iamVjdC52YWx1ZXMoZW50cnkpLm1hcChyb290KSxcbiAgQlVORExFRC5tYXAoKG5hbWUpID0+IHJvb3QoYG5vZGVfbW9kdWxlcy8ke25hbWV9YCkpLFxuKVxuY29uc3QgbWFuZ2xlUHJvcHMgPSBuZXcgUmVnRXhwKGBeKCR7aW50ZXJuYWwuam9pbignfCcpfSkkfCR7UFJJVkFURV9OQU1FLnNvdXJjZX1gKVxuY29uc3Qgc2hvcnQgPSAob3B0aW9uczogQnVpbGRPcHRpb25zKSA9PiB7XG4gIG9wdGlvbnMubWFuZ2xlUHJvcHMgPSBtYW5nbGVQcm9wc1xuICAvLyBBIG1pbmlmaWVyIHdyaXRlcyBgSW5maW5pdHlgIGFzIGAxLzBgLlxuICBvcHRpb25zLmRlZmluZSA9IHsgLi4ub3B0aW9ucy5kZWZpbmUsICdOdW1iZXIuUE9TSVRJVkVfSU5GSU5JVFknOiAnSW5maW5pdHknIH1cbn1cbi8qKiBUaGUgdGV4dHMgd2l0aCBvdGhlciBuYW1lcyBmb3IgcHJpdmF0ZSBtZW1iZXJzLCB3aGljaCBhcmUgc2hvcnQgdG9vLiAqL1xuY29uc3QgcHJpdmF0ZXMgPSByZW5hbWVQcml2YXRlcyhzb3VyY2VzKVxuZXhwb3J0IGNvbnN0IHJlbmFtZWQgPSB0ZXh0c1dpdGgoKHsgZmlsZU5hbWUgfSkgPT4gcHJpdmF0ZXMuZ2V0KGZpbGVOYW1lKSlcbi8qKiBUaGUgdGV4dHMgdGhhdCBhcmUgYnVpbHQ6IHRoZWlyIGVycm9ycyBoYXZlIG51bWJlcnMgaW4gdGhlIHBsYWNlIG9mIHNlbnRlbmNlcywgd2hpY2ggc3RhbmQgaW4gb25lIHRhYmxlLiAqL1xuY29uc3QgbGlmdGVkID0gbGlmdFNlbnRlbmNlcyhzb3VyY2VzLCByb290KGVudHJ5LmluZGV4KSlcbmNvbnN0IGJ1aWx0ID0gdGV4dHNXaXRoKCh7IGZpbGVOYW1lIH0pID0+IFsuLi4ocHJpdmF0ZXMuZ2V0KGZpbGVOYW1lKSA/PyBbXSksIC4uLihsaWZ0ZWQuZ2V0KGZpbGVOYW1lKSA/PyBbXSldKVxuY29uc3QgcmV3cml0dGVuID0ge1xuICBuYW1lOiAncmV3cml0dGVuJyxcbiAgc2V0dXAoeyBvbkxvYWQgfTogUGx1Z2luQnVpbGQpIHtcbiAgICBvbkxvYWQoeyBmaWx0ZXI6IC9bXFxcXC9dc3JjW1xcXFwvXS4qXFwudHMkLyB9LCAoeyBwYXRoIH0pOiBPbkxvYWRSZXN1bHQgfCB1bmRlZmluZWQgPT4ge1xuICAgICAgY29uc3QgY29udGVudHMgPSBidWlsdC5nZXQocGF0aC5yZXBsYWNlQWxsKCdcXFxcJywgJy8nKSlcbiAgICAgIHJldHVybiBjb250ZW50cyA9PT0gdW5kZWZpbmVkID8gdW5kZWZpbmVkIDogeyBjb250ZW50cywgbG9hZGVyOiAndHMnIH1cbiAgICB9KVxuICB9LFxufVxuXG4vKipcbiAqIFNpbXBsZXIgY29kZSwgd2hpY2ggYSBidW5kbGVyIHNoYWtlcyBhcyBiZWZvcmUgYW5kIGhhcyBtYWRlIGEgZmlmdGlldGggc21hbGxlciBvbmNlIGl0IGhhcyBtaW5pZmllZCBpdDogbmFtZXMsIGxpbmVzIGFuZCBleHBvcnRzXG4gKiBzdGF5LiBGdW5jdGlvbnMgdGhhdCBhcmUgdXNlZCBvbmNlIHN0YXkgZnVuY3Rpb25zLCBmb3Igd2l0aGluIG90aGVycyB0aGV5IGNvbXByZXNzIHdvcnNlLlxuICovXG5jb25zdCBzaW1wbGVyOiBQaWNrPE9wdGlvbnMsICdtaW5pZnknIHwgJ3RlcnNlck9wdGlvbnMnPiA9IGlzSW5zdGFsbGVkKClcbiAgPyB7XG4gICAgICBtaW5pZnk6ICd0ZXJzZXInLFxuICAgICAgdGVyc2VyT3B0aW9uczoge1xuICAgICAgICBtYW5nbGU6IGZhbHNlLFxuICAgICAgICBjb21wcmVzczogeyBwYXNzZXM6IDIsIHJlZHVjZV9mdW5jczogZmFsc2UgfSxcbiAgICAgICAgZm9ybWF0OiB7IGJlYXV0aWZ5OiB0cnVlLCBwcmVzZXJ2ZV9hbm5vdGF0aW9uczogdHJ1ZSB9LFxuICAgICAgfSxcbiAgICB9XG4gIDoge31cblxuZnVuY3Rpb24gaXNJbnN0YWxsZWQoKTogYm9vbGVhbiB7XG4gIHRyeSB7XG4gICAgY3JlYXRlUmVxdWlyZShpbXBvcnQubWV0YS51cmwpLnJlc29sdmUoJ3RlcnNlcicpXG4gICAgcmV0dXJuIHRydWVcbiAgfSBjYXRjaCB7XG4gICAgY29uc29sZS53YXJuKCd0ZXJzZXIgaXMgbm90IGluc3RhbGxlZDogd2hhdCBpcyBidWlsdCBpcyBsYXJnZXIgdGhhbiBpdHMgYnVkZ2V0cy4gUnVuIGBucG0gY2lgLicpXG4gICAgcmV0dXJuIGZhbHNlXG4gIH1cbn1cblxuZnVuY3Rpb24gdGV4dHNXaXRoKGVkaXRzT2Y6IChmaWxlOiBTb3VyY2VGaWxlKSA9PiByZWFkb25seSBFZGl0W10gfCB1bmRlZmluZWQpOiBNYXA8c3RyaW5nLCBzdHJpbmc+IHtcbiAgY29uc3QgdGV4dHMgPSBuZXcgTWFwPHN0cmluZywgc3RyaW5nPigpXG4gIGZvciAoY29uc3QgZmlsZSBvZiBzb3VyY2VzLmZpbGVzKSB7XG4gICAgY29uc3QgZWRpdHMgPSBlZGl0c09mKGZpbGUpXG4gICAgaWYgKGVkaXRzPy5sZW5ndGgpIHRleHRzLnNldChmaWxlLmZpbGVOYW1lLCBlZGl0ZWQoZmlsZS50ZXh0LCBlZGl0cykpXG4gIH1cbiAgcmV0dXJuIHRleHRzXG59XG5cbmV4cG9ydCBkZWZhdWx0IGRlZmluZUNvbmZpZyhbXG4gIHtcbiAgICBlbnRyeTogeyAuLi5lbnRyeSwgLi4uZGV2ZWxvcG1lbnQsIC4uLnBsYXRmb3JtcywgdmVuZG9yOiAnc3JjL3BsYXRmb3JtL3ZlbmRvci50cycsIGNsaTogJ3NyYy9ub2RlL2NsaS50cycgfSxcbiAgICBmb3JtYXQ6ICdlc20nLFxuICAgIHRhcmdldDogJ2VzMjAyMicsXG4gICAgcGxhdGZvcm06ICduZXV0cmFsJyxcbiAgICAvLyBPbmUgY2xhc3MgUDJQRXJyb3IgZm9yIGFsbCBlbnRyeSBwb2ludHMsIHNvIHRoYXQgYGluc3RhbmNlb2ZgIGhvbGRzIGJldHdlZW4gdGhlbS5cbiAgICBzcGxpdHRpbmc6IHRydWUsXG4gICAgZHRzOiB7IGVudHJ5IH0sXG4gICAgb3V0RGlyOiAnZGlzdCcsXG4gICAgZXh0ZXJuYWw6IFsvXm5vZGU6L10sXG4gICAgbm9FeHRlcm5hbDogW1ZFTkRPUl0sXG4gICAgZXNidWlsZFBsdWdpbnM6IFtwbGF0Zm9ybUJ5Q29uZGl0aW9uLCB2ZW5kb3JCeUNvbmRpdGlvbiwgdGVzdGVyLCByZXdyaXR0ZW5dLFxuICAgIGVzYnVpbGRPcHRpb25zOiBzaG9ydCxcbiAgICAuLi5zaW1wbGVyLFxuICB9LFxuICB7XG4gICAgZW50cnk6IHsgJ3ZlbmRvci1ub2RlJzogJ3NyYy9wbGF0Zm9ybS92ZW5kb3IudHMnIH0sXG4gICAgZm9ybWF0OiAnZXNtJyxcbiAgICB0YXJnZXQ6ICdlczIwMjInLFxuICAgIHBsYXRmb3JtOiAnbmV1dHJhbCcsXG4gICAgb3V0RGlyOiAnZGlzdCcsXG4gICAgbm9FeHRlcm5hbDogWy8uKi9dLFxuICAgIGVzYnVpbGRPcHRpb25zKG9wdGlvbnMpIHtcbiAgICAgIC8vIG5hbm9pZCdzIGhhbGYgZm9yIE5vZGUgbG9hZHMgYWxsIG9mIFdlYkNyeXB0bydzIEphdmFTY3JpcHQgZm9yIG9uZSBmdW5jdGlvbiB0aGF0IGlzIGdsb2JhbCBhbnl3YXkuXG4gICAgICBvcHRpb25zLmNvbmRpdGlvbnMgPSBbJ2Jyb3dzZXInXVxuICAgIH0sXG4gIH0sXG4gIHtcbiAgICAvLyBJdCBzaGFyZXMgbm90aGluZyB3aXRoIHRoZSBvdGhlcnMsIHdob3NlIG5hbWVzIGFyZSBzaG9ydC5cbiAgICBlbnRyeTogeyBjb25mb3JtOiAnc3JjL25vZGUvY29uZm9ybS9jb21tYW5kLnRzJyB9LFxuICAgIGZvcm1hdDogJ2VzbScsXG4gICAgdGFyZ2V0OiAnZXMyMDIyJyxcbiAgICBwbGF0Zm9ybTogJ25vZGUnLFxuICAgIHNwbGl0dGluZzogZmFsc2UsXG4gICAgb3V0RGlyOiAnZGlzdCcsXG4gICAgZXNidWlsZFBsdWdpbnM6IFtwbGF0Zm9ybSh7IHBhdGg6IHJvb3QoJ3NyYy9wbGF0Zm9ybS9ub2RlLnRzJykgfSldLFxuICB9LFxuICB7XG4gICAgZW50cnk6IHsgLi4uZW50cnksIC4uLmRldmVsb3BtZW50LCAuLi5wbGF0Zm9ybXMgfSxcbiAgICBmb3JtYXQ6ICdjanMnLFxuICAgIHRhcmdldDogJ2VzMjAyMicsXG4gICAgcGxhdGZvcm06ICduZXV0cmFsJyxcbiAgICBzcGxpdHRpbmc6IHRydWUsXG4gICAgb3V0RGlyOiAnZGlzdCcsXG4gICAgb3V0RXh0ZW5zaW9uOiAoKSA9PiAoeyBqczogJy5janMnIH0pLFxuICAgIGV4dGVybmFsOiBbL15ub2RlOi9dLFxuICAgIC8vIFRoZXNlIHNoaXAgYXMgRVMgbW9kdWxlcyBvbmx5LCB3aGljaCBgcmVxdWlyZWAgb2YgTm9kZSAyMC4xOSB0YWtlczsgb2xkZXIgYnVuZGxlcnMgZ2V0IHRoZW0gaW5saW5lZC5cbiAgICBub0V4dGVybmFsOiBbL15Abm9ibGVcXC8vLCAnbmFub2lkJywgJ2lkYi1rZXl2YWwnXSxcbiAgICBlc2J1aWxkUGx1Z2luczogW3BsYXRmb3JtQnlDb25kaXRpb24sIHJld3JpdHRlbl0sXG4gICAgZXNidWlsZE9wdGlvbnMob3B0aW9ucykge1xuICAgICAgc2hvcnQob3B0aW9ucylcbiAgICAgIC8vIEJ1bmRsZXJzIGZvciBicm93c2VycyB0YWtlIGl0IHRvbywgYW5kIGZpbmQgbm8gYGNyeXB0b2Agb2YgTm9kZSwgd2hpY2ggbmFub2lkJ3MgaGFsZiBmb3IgTm9kZSBhc2tzIGZvci5cbiAgICAgIG9wdGlvbnMuY29uZGl0aW9ucyA9IFsnYnJvd3NlciddXG4gICAgfSxcbiAgfSxcbiAge1xuICAgIGVudHJ5OiB7ICdsb3R1cy1wMnAnOiAnc3JjL2luZGV4LmRldmVsb3BtZW50LnRzJyB9LFxuICAgIGZvcm1hdDogJ2lpZmUnLFxuICAgIGdsb2JhbE5hbWU6ICdMb3R1c1AyUCcsXG4gICAgdGFyZ2V0OiAnZXMyMDIyJyxcbiAgICBwbGF0Zm9ybTogJ2Jyb3dzZXInLFxuICAgIG1pbmlmeTogdHJ1ZSxcbiAgICBvdXREaXI6ICdkaXN0JyxcbiAgICBvdXRFeHRlbnNpb246ICgpID0+ICh7IGpzOiAnLmdsb2JhbC5qcycgfSksXG4gICAgbm9FeHRlcm5hbDogWy8uKi9dLFxuICAgIGVzYnVpbGRQbHVnaW5zOiBbcGxhdGZvcm0oeyBwYXRoOiByb290KCdzcmMvcGxhdGZvcm0vYnJvd3Nlci50cycpIH0pLCByZXdyaXR0ZW5dLFxuICAgIGVzYnVpbGRPcHRpb25zKG9wdGlvbnMpIHtcbiAgICAgIHNob3J0KG9wdGlvbnMpXG4gICAgICBvcHRpb25zLm1haW5GaWVsZHMgPSBbJ2Jyb3dzZXInLCAnbW9kdWxlJywgJ21haW4nXVxuICAgICAgb3B0aW9ucy5hbGlhcyA9IHsgJ2lzb21vcnBoaWMtd3MnOiBmaWxlVVJMVG9QYXRoKG5ldyBVUkwoJ25vZGVfbW9kdWxlcy9pc29tb3JwaGljLXdzL2Jyb3dzZXIuanMnLCBpbXBvcnQubWV0YS51cmwpKSB9XG4gICAgfSxcbiAgfSxcbiAge1xuICAgIC8vIE9uZSBmaWxlIGZvciBtb2R1bGUgYW5kIGNsYXNzaWMgd29ya2VycyBhbGlrZTogaXQgaW1wb3J0cyBhbmQgZXhwb3J0cyBub3RoaW5nLlxuICAgIGVudHJ5OiB7ICdwb3ctd29ya2VyJzogJ3NyYy9wbHVnaW5zL3Byb29mLW9mLXdvcmsvcG93LXdvcmtlci50cycgfSxcbiAgICBmb3JtYXQ6ICdpaWZlJyxcbiAgICB0YXJnZXQ6ICdlczIwMjInLFxuICAgIHBsYXRmb3JtOiAnYnJvd3NlcicsXG4gICAgbWluaWZ5OiB0cnVlLFxuICAgIG91dERpcjogJ2Rpc3QnLFxuICAgIG91dEV4dGVuc2lvbjogKCkgPT4gKHsganM6ICcuanMnIH0pLFxuICB9LFxuXSlcbiIsICJjb25zdCBfX2luamVjdGVkX2ZpbGVuYW1lX18gPSBcIi93b3JrL3d0L3N1cnByaXNlL2J1aWxkL2VkaXRzLnRzXCI7Y29uc3QgX19pbmplY3RlZF9kaXJuYW1lX18gPSBcIi93b3JrL3d0L3N1cnByaXNlL2J1aWxkXCI7Y29uc3QgX19pbmplY3RlZF9pbXBvcnRfbWV0YV91cmxfXyA9IFwiZmlsZTovLy93b3JrL3d0L3N1cnByaXNlL2J1aWxkL2VkaXRzLnRzXCI7LyoqIEEgcGllY2Ugb2YgYSBzb3VyY2UgdGhhdCB0aGUgYnVpbGQgd3JpdGVzIG90aGVyd2lzZS4gKi9cbmV4cG9ydCBpbnRlcmZhY2UgRWRpdCB7XG4gIHN0YXJ0OiBudW1iZXJcbiAgZW5kOiBudW1iZXJcbiAgdGV4dDogc3RyaW5nXG59XG5cbi8qKiBBIHRleHQgd2l0aCBpdHMgZWRpdHMgbWFkZTsgbm9uZSBvZiB0aGVtIG92ZXJsYXBzIGFub3RoZXIuICovXG5leHBvcnQgZnVuY3Rpb24gZWRpdGVkKHRleHQ6IHN0cmluZywgZWRpdHM6IHJlYWRvbmx5IEVkaXRbXSk6IHN0cmluZyB7XG4gIGNvbnN0IHBhcnRzOiBzdHJpbmdbXSA9IFtdXG4gIGxldCBlbmQgPSAwXG4gIGZvciAoY29uc3QgZWRpdCBvZiBbLi4uZWRpdHNdLnNvcnQoKGEsIGIpID0+IGEuc3RhcnQgLSBiLnN0YXJ0IHx8IGEuZW5kIC0gYi5lbmQpKSB7XG4gICAgcGFydHMucHVzaCh0ZXh0LnNsaWNlKGVuZCwgZWRpdC5zdGFydCksIGVkaXQudGV4dClcbiAgICBlbmQgPSBlZGl0LmVuZFxuICB9XG4gIHJldHVybiBwYXJ0cy5qb2luKCcnKSArIHRleHQuc2xpY2UoZW5kKVxufVxuIiwgImNvbnN0IF9faW5qZWN0ZWRfZmlsZW5hbWVfXyA9IFwiL3dvcmsvd3Qvc3VycHJpc2UvYnVpbGQvaW50ZXJuYWwtbmFtZXMudHNcIjtjb25zdCBfX2luamVjdGVkX2Rpcm5hbWVfXyA9IFwiL3dvcmsvd3Qvc3VycHJpc2UvYnVpbGRcIjtjb25zdCBfX2luamVjdGVkX2ltcG9ydF9tZXRhX3VybF9fID0gXCJmaWxlOi8vL3dvcmsvd3Qvc3VycHJpc2UvYnVpbGQvaW50ZXJuYWwtbmFtZXMudHNcIjtpbXBvcnQgeyByZWFkZGlyU3luYywgcmVhZEZpbGVTeW5jIH0gZnJvbSAnbm9kZTpmcydcbmltcG9ydCB7IGpvaW4gfSBmcm9tICdub2RlOnBhdGgnXG5pbXBvcnQgdHMgZnJvbSAndHlwZXNjcmlwdCdcbmltcG9ydCB0eXBlIHsgU291cmNlcyB9IGZyb20gJy4vcHJvZ3JhbS5qcydcblxuLyoqXG4gKiBUaGUgbmFtZXMgb2YgcHJvcGVydGllcyB0aGF0IG5vYm9keSBvdXRzaWRlIG9mIHRoZSBzb3VyY2VzIGNhbiBzZWU6IG1lbWJlcnMgb2YgY2xhc3NlcyBhbmQgaW50ZXJmYWNlcyB0aGF0IG5vIGVudHJ5IHBvaW50IGdpdmVzXG4gKiBvdXQuIFRoZSBidWlsZCBtYWtlcyB0aGVtIHNob3J0LCB3aGljaCBzYXZlcyBldmVyeSBwYWdlIGEgdGVudGggb2YgdGhlIGJ5dGVzLlxuICpcbiAqIEEgbmFtZSBpcyBsZWZ0IGFsb25lIHdoZXJlIGFueXRoaW5nIGVsc2UgYmVhcnMgaXQgdG9vOiB3aGF0IGFuIGVudHJ5IHBvaW50IGV4cG9ydHMsIGF0IGFueSBkZXB0aDsgdGhlIHBsYXRmb3JtIGFuZCB0aGUgcGFja2FnZXM7IGFcbiAqIHRleHQ7IGEga2V5IG9mIGFuIG9iamVjdCB0aGF0IGlzIHR5cGVkIGFzIG5vdGhpbmcgb2Ygb3VycywgYXMgZXZlcnkgcGF5bG9hZCwgcmVjb3JkIGFuZCBzaGFwZSBpcy4gU28gd2hhdGV2ZXIgdHJhdmVscyBvciBpcyBzdG9yZWRcbiAqIGtlZXBzIGl0cyBrZXlzLlxuICpcbiAqIFByaXZhdGUgbWVtYmVycyBuZWVkIG5vbmUgb2YgdGhpczsgc2VlIGByZW5hbWVQcml2YXRlc2AuXG4gKlxuICogQHBhcmFtIGVudHJpZXMgdGhlIGZpbGVzIG9mIHRoZSBlbnRyeSBwb2ludHMuXG4gKiBAcGFyYW0gcGFja2FnZXMgdGhlIGZvbGRlcnMgb2YgdGhvc2UgdGhhdCBzb21lIGJ1bmRsZSB0YWtlcyBpbjogbm8gbmFtZSBpbiB0aGVpciBjb2RlIGlzIHRvdWNoZWQuXG4gKi9cbmV4cG9ydCBmdW5jdGlvbiBpbnRlcm5hbE5hbWVzKHNvdXJjZXM6IFNvdXJjZXMsIGVudHJpZXM6IHJlYWRvbmx5IHN0cmluZ1tdLCBwYWNrYWdlczogcmVhZG9ubHkgc3RyaW5nW10pOiBzdHJpbmdbXSB7XG4gIGNvbnN0IHsgcHJvZ3JhbSwgY2hlY2tlciwgZmlsZXMgfSA9IHNvdXJjZXNcbiAgY29uc3Qgb3duID0gbmV3IFNldChmaWxlcylcbiAgY29uc3QgaW5zaWRlID0gbmV3IFNldDxzdHJpbmc+KClcbiAgY29uc3Qgb3V0c2lkZSA9IG5ldyBTZXQ8c3RyaW5nPihbLi4ucHVibGljU3VyZmFjZShwcm9ncmFtLCBjaGVja2VyLCBlbnRyaWVzKSwgLi4ubmFtZXNJbihwYWNrYWdlcyldKVxuICBjb25zdCBpc091cnMgPSAoc3ltYm9sOiB0cy5TeW1ib2wpOiBib29sZWFuID0+XG4gICAgKHN5bWJvbC5kZWNsYXJhdGlvbnMgPz8gW10pLmxlbmd0aCA+IDAgJiZcbiAgICBzeW1ib2wuZGVjbGFyYXRpb25zIS5ldmVyeSgoZGVjbGFyYXRpb24pID0+IHtcbiAgICAgIGNvbnN0IG93bmVyID0gZGVjbGFyYXRpb24ucGFyZW50XG4gICAgICBjb25zdCBpc01lbWJlciA9XG4gICAgICAgIHRzLmlzQ2xhc3NMaWtlKG93bmVyKSB8fFxuICAgICAgICB0cy5pc0ludGVyZmFjZURlY2xhcmF0aW9uKG93bmVyKSB8fFxuICAgICAgICAodHMuaXNUeXBlTGl0ZXJhbE5vZGUob3duZXIpICYmIHRzLmlzVHlwZUFsaWFzRGVjbGFyYXRpb24ob3duZXIucGFyZW50KSkgfHxcbiAgICAgICAgKHRzLmlzUGFyYW1ldGVyKGRlY2xhcmF0aW9uKSAmJiB0cy5pc0NvbnN0cnVjdG9yRGVjbGFyYXRpb24ob3duZXIpKVxuICAgICAgcmV0dXJuIGlzTWVtYmVyICYmIG93bi5oYXMoZGVjbGFyYXRpb24uZ2V0U291cmNlRmlsZSgpKVxuICAgIH0pXG4gIGNvbnN0IG5vdGUgPSAobmFtZTogc3RyaW5nLCBzeW1ib2w6IHRzLlN5bWJvbCB8IHVuZGVmaW5lZCkgPT4ge1xuICAgIGlmIChzeW1ib2wgIT09IHVuZGVmaW5lZCAmJiBpc091cnMoc3ltYm9sKSkgaW5zaWRlLmFkZChuYW1lKVxuICAgIGVsc2Ugb3V0c2lkZS5hZGQobmFtZSlcbiAgfVxuICAvKiogVGhlIG1lbWJlcnMgdGhhdCBhIGtleSBvZiBhbiBvYmplY3Qgc3RhbmRzIGZvcjsgbm9uZSBvZiBvdXJzIHdoZXJlIHRoZSBvYmplY3QgaXMgdHlwZWQgYXMgbm90aGluZyBvZiBvdXJzLiAqL1xuICBjb25zdCBrZXlPZiA9IChsaXRlcmFsOiB0cy5PYmplY3RMaXRlcmFsRXhwcmVzc2lvbiwgbmFtZTogc3RyaW5nKTogdHMuU3ltYm9sIHwgdW5kZWZpbmVkID0+IHtcbiAgICBjb25zdCB0eXBlID0gY2hlY2tlci5nZXRDb250ZXh0dWFsVHlwZShsaXRlcmFsKVxuICAgIGlmICh0eXBlID09PSB1bmRlZmluZWQpIHJldHVybiB1bmRlZmluZWRcbiAgICBjb25zdCBwYXJ0cyA9IHR5cGUuaXNVbmlvbigpID8gdHlwZS50eXBlcyA6IFt0eXBlXVxuICAgIGNvbnN0IGZvdW5kID0gcGFydHMuZmxhdE1hcCgocGFydCkgPT4gY2hlY2tlci5nZXRQcm9wZXJ0eU9mVHlwZShjaGVja2VyLmdldE5vbk51bGxhYmxlVHlwZShwYXJ0KSwgbmFtZSkgPz8gW10pXG4gICAgcmV0dXJuIGZvdW5kLmxlbmd0aCA+IDAgJiYgZm91bmQuZXZlcnkoaXNPdXJzKSA/IGZvdW5kWzBdIDogdW5kZWZpbmVkXG4gIH1cbiAgY29uc3QgdmlzaXQgPSAobm9kZTogdHMuTm9kZSk6IHZvaWQgPT4ge1xuICAgIC8vIEEgdGV4dCBvZiBzZXZlcmFsIHdvcmRzIG5hbWVzIG5vIHByb3BlcnR5LCBhbmQgdGhlIGtleSBvZiBhIGBQaWNrYCBpcyBub25lIHRoYXQgYW55dGhpbmcgYmVhcnMgYnV0IHdoYXQgaXQgaXMgcGlja2VkIGZyb20uXG4gICAgaWYgKGlzUGljayhub2RlKSkge1xuICAgICAgdmlzaXQobm9kZS50eXBlQXJndW1lbnRzIVswXSEpXG4gICAgICByZXR1cm5cbiAgICB9XG4gICAgaWYgKHRzLmlzU3RyaW5nTGl0ZXJhbExpa2Uobm9kZSkgJiYgL15bXFx3JF0rJC8udGVzdChub2RlLnRleHQpKSBvdXRzaWRlLmFkZChub2RlLnRleHQpXG4gICAgaWYgKHRzLmlzUHJvcGVydHlBY2Nlc3NFeHByZXNzaW9uKG5vZGUpKSB7XG4gICAgICBjb25zdCB0eXBlID0gY2hlY2tlci5nZXRUeXBlQXRMb2NhdGlvbihub2RlLmV4cHJlc3Npb24pXG4gICAgICBjb25zdCBwYXJ0cyA9IHR5cGUuaXNVbmlvbigpID8gdHlwZS50eXBlcyA6IFt0eXBlXVxuICAgICAgY29uc3Qgc3ltYm9scyA9IHBhcnRzLm1hcCgocGFydCkgPT4gY2hlY2tlci5nZXRQcm9wZXJ0eU9mVHlwZShjaGVja2VyLmdldE5vbk51bGxhYmxlVHlwZShwYXJ0KSwgbm9kZS5uYW1lLnRleHQpKVxuICAgICAgY29uc3Qga25vd24gPSBzeW1ib2xzLmZpbHRlcigoc3ltYm9sKSA9PiBzeW1ib2wgIT09IHVuZGVmaW5lZClcbiAgICAgIGlmIChrbm93bi5sZW5ndGggPT09IDApIG5vdGUobm9kZS5uYW1lLnRleHQsIGNoZWNrZXIuZ2V0U3ltYm9sQXRMb2NhdGlvbihub2RlLm5hbWUpKVxuICAgICAgZWxzZSBmb3IgKGNvbnN0IHN5bWJvbCBvZiBrbm93bikgbm90ZShub2RlLm5hbWUudGV4dCwgc3ltYm9sKVxuICAgIH0gZWxzZSBpZiAoXG4gICAgICAodHMuaXNQcm9wZXJ0eUFzc2lnbm1lbnQobm9kZSkgfHxcbiAgICAgICAgdHMuaXNTaG9ydGhhbmRQcm9wZXJ0eUFzc2lnbm1lbnQobm9kZSkgfHxcbiAgICAgICAgdHMuaXNNZXRob2REZWNsYXJhdGlvbihub2RlKSB8fFxuICAgICAgICB0cy5pc0FjY2Vzc29yKG5vZGUpKSAmJlxuICAgICAgdHMuaXNPYmplY3RMaXRlcmFsRXhwcmVzc2lvbihub2RlLnBhcmVudClcbiAgICApIHtcbiAgICAgIGlmICh0cy5pc0lkZW50aWZpZXIobm9kZS5uYW1lKSkgbm90ZShub2RlLm5hbWUudGV4dCwga2V5T2Yobm9kZS5wYXJlbnQsIG5vZGUubmFtZS50ZXh0KSlcbiAgICB9IGVsc2UgaWYgKHRzLmlzQmluZGluZ0VsZW1lbnQobm9kZSkgJiYgdHMuaXNPYmplY3RCaW5kaW5nUGF0dGVybihub2RlLnBhcmVudCkgJiYgbm9kZS5kb3REb3REb3RUb2tlbiA9PT0gdW5kZWZpbmVkKSB7XG4gICAgICBjb25zdCBuYW1lID0gbm9kZS5wcm9wZXJ0eU5hbWUgPz8gbm9kZS5uYW1lXG4gICAgICBpZiAodHMuaXNJZGVudGlmaWVyKG5hbWUpKSB7XG4gICAgICAgIGNvbnN0IHR5cGUgPSBjaGVja2VyLmdldFR5cGVBdExvY2F0aW9uKG5vZGUucGFyZW50KVxuICAgICAgICBjb25zdCBwYXJ0cyA9IHR5cGUuaXNVbmlvbigpID8gdHlwZS50eXBlcyA6IFt0eXBlXVxuICAgICAgICBmb3IgKGNvbnN0IHBhcnQgb2YgcGFydHMpIG5vdGUobmFtZS50ZXh0LCBjaGVja2VyLmdldFByb3BlcnR5T2ZUeXBlKGNoZWNrZXIuZ2V0Tm9uTnVsbGFibGVUeXBlKHBhcnQpLCBuYW1lLnRleHQpKVxuICAgICAgfVxuICAgIH0gZWxzZSBpZiAoXG4gICAgICB0cy5pc1Byb3BlcnR5U2lnbmF0dXJlKG5vZGUpICYmXG4gICAgICB0cy5pc1R5cGVMaXRlcmFsTm9kZShub2RlLnBhcmVudCkgJiZcbiAgICAgICF0cy5pc1R5cGVBbGlhc0RlY2xhcmF0aW9uKG5vZGUucGFyZW50LnBhcmVudCkgJiZcbiAgICAgIHRzLmlzSWRlbnRpZmllcihub2RlLm5hbWUpXG4gICAgKSB7XG4gICAgICBvdXRzaWRlLmFkZChub2RlLm5hbWUudGV4dClcbiAgICB9XG4gICAgdHMuZm9yRWFjaENoaWxkKG5vZGUsIHZpc2l0KVxuICB9XG4gIGZpbGVzLmZvckVhY2godmlzaXQpXG4gIHJldHVybiBbLi4uaW5zaWRlXS5maWx0ZXIoKG5hbWUpID0+ICFvdXRzaWRlLmhhcyhuYW1lKSAmJiBuYW1lLmxlbmd0aCA+IDIpLnNvcnQoKVxufVxuXG4vKiogRXZlcnkgbmFtZSB0aGF0IGEgdXNlciBvZiB0aGUgZW50cnkgcG9pbnRzIGNhbiByZWFkIG9yIHdyaXRlLCBvciBoYXMgdG8gaW1wbGVtZW50LiAqL1xuZnVuY3Rpb24gcHVibGljU3VyZmFjZShwcm9ncmFtOiB0cy5Qcm9ncmFtLCBjaGVja2VyOiB0cy5UeXBlQ2hlY2tlciwgZW50cmllczogcmVhZG9ubHkgc3RyaW5nW10pOiBTZXQ8c3RyaW5nPiB7XG4gIGNvbnN0IG5hbWVzID0gbmV3IFNldDxzdHJpbmc+KClcbiAgY29uc3QgdHlwZXMgPSBuZXcgU2V0PHRzLlR5cGU+KClcbiAgY29uc3QgZGVjbGFyZWQgPSBuZXcgU2V0PHRzLlN5bWJvbD4oKVxuICBjb25zdCBhZGQgPSAodHlwZTogdHMuVHlwZSB8IHVuZGVmaW5lZCk6IHZvaWQgPT4ge1xuICAgIGlmICh0eXBlICE9PSB1bmRlZmluZWQpIHR5cGVzLmFkZCh0eXBlKVxuICB9XG4gIC8qKlxuICAgKiBXaGV0aGVyIHRoZSBtZW1iZXJzIG9mIGEgdHlwZSBhcmUgdG8gYmUgd2Fsa2VkOiB0aG9zZSBvZiBlYWNoIGRlY2xhcmF0aW9uIGFyZSwgb25jZS4gQSBjb29yZGluYXRvciB3aXRoIGl0cyBwbHVnaW5zIGlzIGEgdHlwZSB0aGF0XG4gICAqIGhvbGRzIGl0c2VsZiB3aXRoIGV2ZXIgbW9yZSBhcmd1bWVudHMsIGFuZCBhbGwgb2YgaXRzIGluc3RhbnRpYXRpb25zIGhhdmUgdGhlIG1lbWJlcnMgb2YgdGhlIGRlY2xhcmF0aW9uLlxuICAgKi9cbiAgY29uc3QgaXNGaXJzdCA9ICh0eXBlOiB0cy5UeXBlKTogYm9vbGVhbiA9PiB7XG4gICAgY29uc3Qgc3ltYm9sID0gdHlwZS5hbGlhc1N5bWJvbCA/PyB0eXBlLnN5bWJvbFxuICAgIGlmIChzeW1ib2wgPT09IHVuZGVmaW5lZCkgcmV0dXJuIHRydWVcbiAgICBpZiAoZGVjbGFyZWQuaGFzKHN5bWJvbCkpIHJldHVybiBmYWxzZVxuICAgIGRlY2xhcmVkLmFkZChzeW1ib2wpXG4gICAgLy8gQSBjbGFzcyBpcyB0d28gdHlwZXM6IGl0cyBpbnN0YW5jZXMsIGFuZCBpdHNlbGYuXG4gICAgaWYgKHN5bWJvbC5mbGFncyAmIHRzLlN5bWJvbEZsYWdzLlR5cGUpIG1lbWJlcnNPZihjaGVja2VyLmdldERlY2xhcmVkVHlwZU9mU3ltYm9sKHN5bWJvbCkpXG4gICAgaWYgKHN5bWJvbC5mbGFncyAmIHRzLlN5bWJvbEZsYWdzLlZhbHVlKSBtZW1iZXJzT2YoY2hlY2tlci5nZXRUeXBlT2ZTeW1ib2woc3ltYm9sKSlcbiAgICByZXR1cm4gdHJ1ZVxuICB9XG4gIC8qKiBgUGljazxPcHRpb25zLCAnYSc+YCB1bmRlciBhIG5hbWUgb2YgaXRzIG93biBkb2VzIG5vdCB0ZWxsIG9mIGBPcHRpb25zYCwgd2hpY2ggaXRzIGRlY2xhcmF0aW9uIHRlbGxzIHRoZSB1c2VyIGFsbCB0aGUgc2FtZS4gKi9cbiAgY29uc3QgYXJndW1lbnRzSW4gPSAobm9kZTogdHMuTm9kZSk6IHZvaWQgPT4ge1xuICAgIGlmICh0cy5pc1R5cGVSZWZlcmVuY2VOb2RlKG5vZGUpKSBmb3IgKGNvbnN0IGFyZ3VtZW50IG9mIG5vZGUudHlwZUFyZ3VtZW50cyA/PyBbXSkgYWRkKGNoZWNrZXIuZ2V0VHlwZUZyb21UeXBlTm9kZShhcmd1bWVudCkpXG4gICAgdHMuZm9yRWFjaENoaWxkKG5vZGUsIGFyZ3VtZW50c0luKVxuICB9XG4gIC8qKiBXaGF0IHRoZSBwbGF0Zm9ybSdzIG93biB0eXBlcyBoYXZlIGlzIG1ldCB3aGVyZSBpdCBpcyB1c2VkLiAqL1xuICBjb25zdCBpc0ZvcmVpZ24gPSAoZGVjbGFyYXRpb25zOiByZWFkb25seSB0cy5EZWNsYXJhdGlvbltdKTogYm9vbGVhbiA9PlxuICAgIGRlY2xhcmF0aW9ucy5sZW5ndGggPiAwICYmXG4gICAgZGVjbGFyYXRpb25zLmV2ZXJ5KFxuICAgICAgKGRlY2xhcmF0aW9uKSA9PlxuICAgICAgICBwcm9ncmFtLmlzU291cmNlRmlsZURlZmF1bHRMaWJyYXJ5KGRlY2xhcmF0aW9uLmdldFNvdXJjZUZpbGUoKSkgfHxcbiAgICAgICAgZGVjbGFyYXRpb24uZ2V0U291cmNlRmlsZSgpLmZpbGVOYW1lLmluY2x1ZGVzKCcvbm9kZV9tb2R1bGVzLycpLFxuICAgIClcbiAgY29uc3Qgd2FsayA9ICh0eXBlOiB0cy5UeXBlKTogdm9pZCA9PiB7XG4gICAgaWYgKHR5cGUuaXNVbmlvbk9ySW50ZXJzZWN0aW9uKCkpIHR5cGUudHlwZXMuZm9yRWFjaChhZGQpXG4gICAgZm9yIChjb25zdCBhcmd1bWVudCBvZiBpc1JlZmVyZW5jZSh0eXBlKSA/IGNoZWNrZXIuZ2V0VHlwZUFyZ3VtZW50cyh0eXBlKSA6IFtdKSBhZGQoYXJndW1lbnQpXG4gICAgdHlwZS5hbGlhc1R5cGVBcmd1bWVudHM/LmZvckVhY2goYWRkKVxuICAgIHR5cGUuYWxpYXNTeW1ib2w/LmRlY2xhcmF0aW9ucz8uZm9yRWFjaChhcmd1bWVudHNJbilcbiAgICBpZiAodHlwZS5pc1R5cGVQYXJhbWV0ZXIoKSkgYWRkKHR5cGUuZ2V0Q29uc3RyYWludCgpKVxuICAgIGlmICh0eXBlLmZsYWdzICYgdHMuVHlwZUZsYWdzLkNvbmRpdGlvbmFsKSB7XG4gICAgICBjb25zdCB7IG5vZGUgfSA9ICh0eXBlIGFzIHRzLkNvbmRpdGlvbmFsVHlwZSkucm9vdFxuICAgICAgYWRkKGNoZWNrZXIuZ2V0VHlwZUZyb21UeXBlTm9kZShub2RlLnRydWVUeXBlKSlcbiAgICAgIGFkZChjaGVja2VyLmdldFR5cGVGcm9tVHlwZU5vZGUobm9kZS5mYWxzZVR5cGUpKVxuICAgIH1cbiAgICBpZiAodHlwZS5mbGFncyAmIHRzLlR5cGVGbGFncy5PYmplY3QgJiYgIWlzRm9yZWlnbih0eXBlLnN5bWJvbD8uZGVjbGFyYXRpb25zID8/IFtdKSAmJiBpc0ZpcnN0KHR5cGUpKSBtZW1iZXJzT2YodHlwZSlcbiAgfVxuICBjb25zdCBtZW1iZXJzT2YgPSAodHlwZTogdHMuVHlwZSk6IHZvaWQgPT4ge1xuICAgIGNvbnN0IHByb3BlcnRpZXMgPSBjaGVja2VyLmdldFByb3BlcnRpZXNPZlR5cGUodHlwZSkuZmlsdGVyKChwcm9wZXJ0eSkgPT4gIWlzUHJpdmF0ZShwcm9wZXJ0eSkpXG4gICAgdHlwZS5nZXRCYXNlVHlwZXMoKT8uZm9yRWFjaChhZGQpXG4gICAgZm9yIChjb25zdCBwcm9wZXJ0eSBvZiBwcm9wZXJ0aWVzKSB7XG4gICAgICBuYW1lcy5hZGQocHJvcGVydHkubmFtZSlcbiAgICAgIGlmIChwcm9wZXJ0eS5kZWNsYXJhdGlvbnM/Lmxlbmd0aCkgYWRkKGNoZWNrZXIuZ2V0VHlwZU9mU3ltYm9sKHByb3BlcnR5KSlcbiAgICB9XG4gICAgZm9yIChjb25zdCBzaWduYXR1cmUgb2YgWy4uLnR5cGUuZ2V0Q2FsbFNpZ25hdHVyZXMoKSwgLi4udHlwZS5nZXRDb25zdHJ1Y3RTaWduYXR1cmVzKCldKSB7XG4gICAgICBhZGQoc2lnbmF0dXJlLmdldFJldHVyblR5cGUoKSlcbiAgICAgIGZvciAoY29uc3QgcGFyYW1ldGVyIG9mIHNpZ25hdHVyZS5nZXRQYXJhbWV0ZXJzKCkpIGFkZChjaGVja2VyLmdldFR5cGVPZlN5bWJvbChwYXJhbWV0ZXIpKVxuICAgICAgc2lnbmF0dXJlLmdldFR5cGVQYXJhbWV0ZXJzKCk/LmZvckVhY2goYWRkKVxuICAgIH1cbiAgICBmb3IgKGNvbnN0IGluZGV4IG9mIGNoZWNrZXIuZ2V0SW5kZXhJbmZvc09mVHlwZSh0eXBlKSkgYWRkKGluZGV4LnR5cGUpXG4gIH1cbiAgZm9yIChjb25zdCBlbnRyeSBvZiBlbnRyaWVzKSB7XG4gICAgY29uc3QgZmlsZSA9IHByb2dyYW0uZ2V0U291cmNlRmlsZShlbnRyeSlcbiAgICBjb25zdCBtb2R1bGUgPSBmaWxlICYmIGNoZWNrZXIuZ2V0U3ltYm9sQXRMb2NhdGlvbihmaWxlKVxuICAgIGZvciAoY29uc3Qgc3ltYm9sIG9mIG1vZHVsZSA9PT0gdW5kZWZpbmVkID8gW10gOiBjaGVja2VyLmdldEV4cG9ydHNPZk1vZHVsZShtb2R1bGUpKSB7XG4gICAgICBjb25zdCB0YXJnZXQgPSBzeW1ib2wuZmxhZ3MgJiB0cy5TeW1ib2xGbGFncy5BbGlhcyA/IGNoZWNrZXIuZ2V0QWxpYXNlZFN5bWJvbChzeW1ib2wpIDogc3ltYm9sXG4gICAgICBpZiAodGFyZ2V0LmZsYWdzICYgdHMuU3ltYm9sRmxhZ3MuVmFsdWUpIGFkZChjaGVja2VyLmdldFR5cGVPZlN5bWJvbCh0YXJnZXQpKVxuICAgICAgaWYgKHRhcmdldC5mbGFncyAmIHRzLlN5bWJvbEZsYWdzLlR5cGUpIGFkZChjaGVja2VyLmdldERlY2xhcmVkVHlwZU9mU3ltYm9sKHRhcmdldCkpXG4gICAgfVxuICB9XG4gIGZvciAoY29uc3QgdHlwZSBvZiB0eXBlcykgd2Fsayh0eXBlKVxuICByZXR1cm4gbmFtZXNcbn1cblxuLyoqIFdoZXRoZXIgYSB0eXBlIGlzIG9uZSBwYXJ0IG9mIGFub3RoZXI6IGl0cyBrZXlzIGFyZSBubyB0ZXh0cyBvZiB0aGUgcHJvZ3JhbS4gKi9cbmZ1bmN0aW9uIGlzUGljayhub2RlOiB0cy5Ob2RlKTogbm9kZSBpcyB0cy5Ob2RlV2l0aFR5cGVBcmd1bWVudHMge1xuICBpZiAoIXRzLmlzVHlwZVJlZmVyZW5jZU5vZGUobm9kZSkgJiYgIXRzLmlzRXhwcmVzc2lvbldpdGhUeXBlQXJndW1lbnRzKG5vZGUpKSByZXR1cm4gZmFsc2VcbiAgY29uc3QgbmFtZSA9IHRzLmlzVHlwZVJlZmVyZW5jZU5vZGUobm9kZSkgPyBub2RlLnR5cGVOYW1lIDogbm9kZS5leHByZXNzaW9uXG4gIHJldHVybiBub2RlLnR5cGVBcmd1bWVudHM/Lmxlbmd0aCA9PT0gMiAmJiB0cy5pc0lkZW50aWZpZXIobmFtZSkgJiYgL14oUGlja3xPbWl0KSQvLnRlc3QobmFtZS50ZXh0KVxufVxuXG5mdW5jdGlvbiBpc1ByaXZhdGUocHJvcGVydHk6IHRzLlN5bWJvbCk6IGJvb2xlYW4ge1xuICByZXR1cm4gKHByb3BlcnR5LmRlY2xhcmF0aW9ucyA/PyBbXSkuc29tZShcbiAgICAoZGVjbGFyYXRpb24pID0+ICh0cy5nZXRDb21iaW5lZE1vZGlmaWVyRmxhZ3MoZGVjbGFyYXRpb24pICYgdHMuTW9kaWZpZXJGbGFncy5Qcml2YXRlKSAhPT0gMCxcbiAgKVxufVxuXG5mdW5jdGlvbiBpc1JlZmVyZW5jZSh0eXBlOiB0cy5UeXBlKTogdHlwZSBpcyB0cy5UeXBlUmVmZXJlbmNlIHtcbiAgcmV0dXJuICgodHlwZSBhcyB0cy5PYmplY3RUeXBlKS5vYmplY3RGbGFncyAmIHRzLk9iamVjdEZsYWdzLlJlZmVyZW5jZSkgIT09IDBcbn1cblxuLyoqIFRoZSBuYW1lcyBvZiBwcm9wZXJ0aWVzIGluIHRoZSBjb2RlIG9mIHBhY2thZ2VzLCBhbmQgdGhlaXIgdGV4dHM7IGEgbG9jYWwgdmFyaWFibGUgb3IgYSBjb21tZW50IGdpdmVzIG5vbmUuICovXG5mdW5jdGlvbiBuYW1lc0luKGZvbGRlcnM6IHJlYWRvbmx5IHN0cmluZ1tdKTogU2V0PHN0cmluZz4ge1xuICBjb25zdCBuYW1lcyA9IG5ldyBTZXQ8c3RyaW5nPigpXG4gIGNvbnN0IHZpc2l0ID0gKG5vZGU6IHRzLk5vZGUpOiB2b2lkID0+IHtcbiAgICBpZiAodHMuaXNTdHJpbmdMaXRlcmFsTGlrZShub2RlKSB8fCAodHMuaXNJZGVudGlmaWVyKG5vZGUpICYmIGlzUHJvcGVydHkobm9kZSkpKSBuYW1lcy5hZGQobm9kZS50ZXh0KVxuICAgIHRzLmZvckVhY2hDaGlsZChub2RlLCB2aXNpdClcbiAgfVxuICBmb3IgKGNvbnN0IGZvbGRlciBvZiBmb2xkZXJzKSB7XG4gICAgZm9yIChjb25zdCBmaWxlIG9mIHJlYWRkaXJTeW5jKGZvbGRlciwgeyByZWN1cnNpdmU6IHRydWUsIGVuY29kaW5nOiAndXRmOCcgfSkpIHtcbiAgICAgIGlmICghL1xcLltjbV0/anMkLy50ZXN0KGZpbGUpKSBjb250aW51ZVxuICAgICAgdmlzaXQodHMuY3JlYXRlU291cmNlRmlsZShmaWxlLCByZWFkRmlsZVN5bmMoam9pbihmb2xkZXIsIGZpbGUpLCAndXRmOCcpLCB0cy5TY3JpcHRUYXJnZXQuTGF0ZXN0LCB0cnVlLCB0cy5TY3JpcHRLaW5kLkpTKSlcbiAgICB9XG4gIH1cbiAgcmV0dXJuIG5hbWVzXG59XG5cbi8qKiBXaGV0aGVyIGFuIGlkZW50aWZpZXIgbmFtZXMgYSBwcm9wZXJ0eTogYWZ0ZXIgYSBkb3QsIG9yIGluIGFuIG9iamVjdCwgYSBjbGFzcyBvciBhIHBhdHRlcm4uICovXG5mdW5jdGlvbiBpc1Byb3BlcnR5KHsgcGFyZW50IH06IHRzLklkZW50aWZpZXIpOiBib29sZWFuIHtcbiAgcmV0dXJuIChcbiAgICB0cy5pc1Byb3BlcnR5QWNjZXNzRXhwcmVzc2lvbihwYXJlbnQpIHx8XG4gICAgdHMuaXNPYmplY3RMaXRlcmFsRWxlbWVudExpa2UocGFyZW50KSB8fFxuICAgIHRzLmlzQ2xhc3NFbGVtZW50KHBhcmVudCkgfHxcbiAgICB0cy5pc0JpbmRpbmdFbGVtZW50KHBhcmVudCkgfHxcbiAgICB0cy5pc0V4cG9ydFNwZWNpZmllcihwYXJlbnQpIHx8XG4gICAgdHMuaXNJbXBvcnRTcGVjaWZpZXIocGFyZW50KVxuICApXG59XG4iLCAiY29uc3QgX19pbmplY3RlZF9maWxlbmFtZV9fID0gXCIvd29yay93dC9zdXJwcmlzZS9idWlsZC9wcml2YXRlLW5hbWVzLnRzXCI7Y29uc3QgX19pbmplY3RlZF9kaXJuYW1lX18gPSBcIi93b3JrL3d0L3N1cnByaXNlL2J1aWxkXCI7Y29uc3QgX19pbmplY3RlZF9pbXBvcnRfbWV0YV91cmxfXyA9IFwiZmlsZTovLy93b3JrL3d0L3N1cnByaXNlL2J1aWxkL3ByaXZhdGUtbmFtZXMudHNcIjtpbXBvcnQgdHMgZnJvbSAndHlwZXNjcmlwdCdcbmltcG9ydCB0eXBlIHsgRWRpdCB9IGZyb20gJy4vZWRpdHMuanMnXG5pbXBvcnQgdHlwZSB7IFNvdXJjZXMgfSBmcm9tICcuL3Byb2dyYW0uanMnXG5cbi8qKiBXaGF0IGEgcHJpdmF0ZSBtZW1iZXIgaXMgY2FsbGVkIG9uIGl0cyB3YXkgdGhyb3VnaCB0aGUgYnVpbGQsIGFuZCBub3RoaW5nIGVsc2UgaXM6IHRoZSBidWlsZCBtYWtlcyBpdCBzaG9ydCwgd2hhdGV2ZXIgYmVhcnMgdGhlIG5hbWUgdG9vLiAqL1xuZXhwb3J0IGNvbnN0IFBSSVZBVEVfTkFNRSA9IC9eXFx3K1xcJCQvXG5cbi8qKlxuICogV2hhdCBnaXZlcyBwcml2YXRlIG1lbWJlcnMgb3RoZXIgbmFtZXM6IHRoZSBmaWVsZHMgb2YgZWFjaCBjbGFzcyBhcmUgYG0wJGAsIGBtMSRgIGFuZCBzbyBvbiwgdGhvc2UgZmlyc3QgdGhhdCBpdHMgY29uc3RydWN0b3IgaXNcbiAqIGdpdmVuLCBhbmQgaXRzIG1ldGhvZHMgYGYwJGAsIGBmMSRgLiBOb2JvZHkgYnV0IHRoZSBjbGFzcyByZWFkcyB0aGVtLCBzbyBjbGFzc2VzIG1heSBjYWxsIHRoZWlycyBhbGlrZSwgYW5kIHdoYXQgbG9va3MgYWxpa2UgdGFrZXMgZmV3XG4gKiBieXRlcyBjb21wcmVzc2VkLiBBIHByaXZhdGUgbWVtYmVyIGlzIGZvdW5kIGJ5IGl0cyBkZWNsYXJhdGlvbiwgc28gdGhlIHNhbWUgbmFtZSBlbHNld2hlcmUsIGFzIGFuIG9wdGlvbiwgYW4gZXZlbnQgb3IgYSBwdWJsaWNcbiAqIG1lbWJlciwgc3RheXMgd2hhdCBpdCBpcy5cbiAqXG4gKiBAcmV0dXJucyB0aGUgZWRpdHMgb2YgdGhvc2UgZmlsZXMgdGhhdCBoYXZlIHByaXZhdGUgbWVtYmVycy5cbiAqL1xuZXhwb3J0IGZ1bmN0aW9uIHJlbmFtZVByaXZhdGVzKHNvdXJjZXM6IFNvdXJjZXMpOiBNYXA8c3RyaW5nLCBFZGl0W10+IHtcbiAgY29uc3QgbmFtZXMgPSBuZXcgUHJpdmF0ZU5hbWVzKHNvdXJjZXMpXG4gIGNvbnN0IHJlbmFtZWQgPSBuZXcgTWFwPHN0cmluZywgRWRpdFtdPigpXG4gIGZvciAoY29uc3QgZmlsZSBvZiBzb3VyY2VzLmZpbGVzKSB7XG4gICAgY29uc3QgZWRpdHM6IEVkaXRbXSA9IFtdXG4gICAgY29uc3QgdmlzaXQgPSAobm9kZTogdHMuTm9kZSk6IHZvaWQgPT4ge1xuICAgICAgY29uc3QgdGV4dCA9IHRzLmlzSWRlbnRpZmllcihub2RlKSA/IG5hbWVzLmF0KG5vZGUpIDogaXNUeXBlS2V5KG5vZGUpID8gbmFtZXMub2ZLZXkobm9kZSkgOiB1bmRlZmluZWRcbiAgICAgIGlmICh0ZXh0ICE9PSB1bmRlZmluZWQpIGVkaXRzLnB1c2goeyBzdGFydDogbm9kZS5nZXRTdGFydCgpLCBlbmQ6IG5vZGUuZW5kLCB0ZXh0IH0pXG4gICAgICB0cy5mb3JFYWNoQ2hpbGQobm9kZSwgdmlzaXQpXG4gICAgfVxuICAgIHZpc2l0KGZpbGUpXG4gICAgaWYgKGVkaXRzLmxlbmd0aCA+IDApIHJlbmFtZWQuc2V0KGZpbGUuZmlsZU5hbWUsIGVkaXRzKVxuICB9XG4gIHJldHVybiByZW5hbWVkXG59XG5cbmNsYXNzIFByaXZhdGVOYW1lcyB7XG4gIHByaXZhdGUgcmVhZG9ubHkgY2hlY2tlcjogdHMuVHlwZUNoZWNrZXJcbiAgLyoqIEhvdyBtYW55IG5hbWVzIG9mIGZpZWxkcywgYW5kIG9mIG1ldGhvZHMsIHRoZSBwcml2YXRlIG1lbWJlcnMgb2YgYSBjbGFzcyB0YWtlLiAqL1xuICBwcml2YXRlIHJlYWRvbmx5IGNvdW50cyA9IG5ldyBNYXA8dHMuQ2xhc3NMaWtlRGVjbGFyYXRpb24sIENvdW50cz4oKVxuICBwcml2YXRlIHJlYWRvbmx5IG5hbWVzID0gbmV3IE1hcDx0cy5TeW1ib2wsIHN0cmluZz4oKVxuXG4gIGNvbnN0cnVjdG9yKHsgY2hlY2tlciwgZmlsZXMgfTogU291cmNlcykge1xuICAgIHRoaXMuY2hlY2tlciA9IGNoZWNrZXJcbiAgICBjb25zdCB2aXNpdCA9IChub2RlOiB0cy5Ob2RlKTogdm9pZCA9PiB7XG4gICAgICBpZiAodHMuaXNDbGFzc0xpa2Uobm9kZSkpIHRoaXMuY291bnQobm9kZSlcbiAgICAgIHRzLmZvckVhY2hDaGlsZChub2RlLCB2aXNpdClcbiAgICB9XG4gICAgZmlsZXMuZm9yRWFjaCh2aXNpdClcbiAgfVxuXG4gIC8qKiBXaGF0IHN0YW5kcyBpbiB0aGUgcGxhY2Ugb2YgYW4gaWRlbnRpZmllciB0aGF0IG5hbWVzIGEgcHJpdmF0ZSBtZW1iZXIsIG9yIHRoZSBwYXJhbWV0ZXIgd2hpY2ggbWFrZXMgb25lLiAqL1xuICBhdChub2RlOiB0cy5JZGVudGlmaWVyKTogc3RyaW5nIHwgdW5kZWZpbmVkIHtcbiAgICBjb25zdCB7IHBhcmVudCwgdGV4dCB9ID0gbm9kZVxuICAgIC8vIGBjb25zdCB7IGxpbWl0cyB9ID0gdGhpc2AgbmFtZXMgYSBtZW1iZXIgYW5kIGEgdmFyaWFibGUuXG4gICAgaWYgKFxuICAgICAgdHMuaXNCaW5kaW5nRWxlbWVudChwYXJlbnQpICYmXG4gICAgICB0cy5pc09iamVjdEJpbmRpbmdQYXR0ZXJuKHBhcmVudC5wYXJlbnQpICYmXG4gICAgICAocGFyZW50LnByb3BlcnR5TmFtZSA/PyBwYXJlbnQubmFtZSkgPT09IG5vZGVcbiAgICApIHtcbiAgICAgIGNvbnN0IG5hbWUgPSB0aGlzLm9mKHRoaXMuY2hlY2tlci5nZXRQcm9wZXJ0eU9mVHlwZSh0aGlzLmNoZWNrZXIuZ2V0VHlwZUF0TG9jYXRpb24ocGFyZW50LnBhcmVudCksIHRleHQpKVxuICAgICAgcmV0dXJuIG5hbWUgIT09IHVuZGVmaW5lZCAmJiBwYXJlbnQucHJvcGVydHlOYW1lID09PSB1bmRlZmluZWQgPyBgJHtuYW1lfTogJHt0ZXh0fWAgOiBuYW1lXG4gICAgfVxuICAgIGlmICh0cy5pc1Nob3J0aGFuZFByb3BlcnR5QXNzaWdubWVudChwYXJlbnQpKSB7XG4gICAgICBjb25zdCBuYW1lID0gdGhpcy5vZih0aGlzLmNoZWNrZXIuZ2V0U2hvcnRoYW5kQXNzaWdubWVudFZhbHVlU3ltYm9sKHBhcmVudCkpXG4gICAgICByZXR1cm4gbmFtZSAmJiBgJHt0ZXh0fTogJHtuYW1lfWBcbiAgICB9XG4gICAgcmV0dXJuIHRoaXMub2YodGhpcy5jaGVja2VyLmdldFN5bWJvbEF0TG9jYXRpb24obm9kZSkpXG4gIH1cblxuICAvKiogYFNlY3VyZUNoYW5uZWxbJ3N0YXRlJ11gLCBhIHR5cGUsIG5hbWVzIGEgbWVtYmVyIGJ5IGEgdGV4dC4gKi9cbiAgb2ZLZXkoeyBwYXJlbnQsIHRleHQgfTogdHMuU3RyaW5nTGl0ZXJhbCk6IHN0cmluZyB8IHVuZGVmaW5lZCB7XG4gICAgY29uc3QgeyBvYmplY3RUeXBlIH0gPSBwYXJlbnQucGFyZW50IGFzIHRzLkluZGV4ZWRBY2Nlc3NUeXBlTm9kZVxuICAgIGNvbnN0IG5hbWUgPSB0aGlzLm9mKHRoaXMuY2hlY2tlci5nZXRQcm9wZXJ0eU9mVHlwZSh0aGlzLmNoZWNrZXIuZ2V0VHlwZUZyb21UeXBlTm9kZShvYmplY3RUeXBlKSwgdGV4dCkpXG4gICAgcmV0dXJuIG5hbWUgJiYgYCcke25hbWV9J2BcbiAgfVxuXG4gIHByaXZhdGUgb2Yoc3ltYm9sOiB0cy5TeW1ib2wgfCB1bmRlZmluZWQpOiBzdHJpbmcgfCB1bmRlZmluZWQge1xuICAgIGNvbnN0IGRlY2xhcmF0aW9uID0gc3ltYm9sPy5kZWNsYXJhdGlvbnM/LmZpbmQoaXNQcml2YXRlKVxuICAgIHJldHVybiBkZWNsYXJhdGlvbiAmJiB0aGlzLm5hbWVzLmdldChkZWNsYXJlZChkZWNsYXJhdGlvbikpXG4gIH1cblxuICAvKiogTmFtZXMgdGhlIHByaXZhdGUgbWVtYmVycyBvZiBhIGNsYXNzIGFmdGVyIHRob3NlIG9mIHRoZSBjbGFzcyB0aGF0IGl0IGV4dGVuZHMuICovXG4gIHByaXZhdGUgY291bnQob3duZXI6IHRzLkNsYXNzTGlrZURlY2xhcmF0aW9uKTogQ291bnRzIHtcbiAgICBjb25zdCBrbm93biA9IHRoaXMuY291bnRzLmdldChvd25lcilcbiAgICBpZiAoa25vd24gIT09IHVuZGVmaW5lZCkgcmV0dXJuIGtub3duXG4gICAgY29uc3QgZXh0ZW5kZWQgPSBvd25lci5oZXJpdGFnZUNsYXVzZXM/LmZpbmQoKHsgdG9rZW4gfSkgPT4gdG9rZW4gPT09IHRzLlN5bnRheEtpbmQuRXh0ZW5kc0tleXdvcmQpPy50eXBlc1swXVxuICAgIGNvbnN0IGJhc2UgPSBleHRlbmRlZCAmJiB0aGlzLmNoZWNrZXIuZ2V0VHlwZUF0TG9jYXRpb24oZXh0ZW5kZWQuZXhwcmVzc2lvbikuc3ltYm9sPy52YWx1ZURlY2xhcmF0aW9uXG4gICAgY29uc3QgY291bnRzID0gYmFzZSAhPT0gdW5kZWZpbmVkICYmIHRzLmlzQ2xhc3NMaWtlKGJhc2UpID8geyAuLi50aGlzLmNvdW50KGJhc2UpIH0gOiB7IG06IDAsIGY6IDAgfVxuICAgIGNvbnN0IGdpdmVuID0gb3duZXIubWVtYmVycy5maWx0ZXIodHMuaXNDb25zdHJ1Y3RvckRlY2xhcmF0aW9uKS5mbGF0TWFwKCh7IHBhcmFtZXRlcnMgfSkgPT4gWy4uLnBhcmFtZXRlcnNdKVxuICAgIGZvciAoY29uc3QgbWVtYmVyIG9mIFsuLi5naXZlbiwgLi4ub3duZXIubWVtYmVyc10uZmlsdGVyKGlzUHJpdmF0ZSkpIHtcbiAgICAgIGNvbnN0IHN5bWJvbCA9IGRlY2xhcmVkKG1lbWJlcilcbiAgICAgIGNvbnN0IGtpbmQgPSB0cy5pc01ldGhvZERlY2xhcmF0aW9uKG1lbWJlcikgPyAnZicgOiAnbSdcbiAgICAgIGlmICghdGhpcy5uYW1lcy5oYXMoc3ltYm9sKSkgdGhpcy5uYW1lcy5zZXQoc3ltYm9sLCBgJHtraW5kfSR7Y291bnRzW2tpbmRdKyt9JGApXG4gICAgfVxuICAgIHRoaXMuY291bnRzLnNldChvd25lciwgY291bnRzKVxuICAgIHJldHVybiBjb3VudHNcbiAgfVxufVxuXG5pbnRlcmZhY2UgQ291bnRzIHtcbiAgbTogbnVtYmVyXG4gIGY6IG51bWJlclxufVxuXG4vKiogVGhlIHN5bWJvbCB0aGF0IGEgZ2V0dGVyIHNoYXJlcyB3aXRoIGl0cyBzZXR0ZXIuICovXG5mdW5jdGlvbiBkZWNsYXJlZChkZWNsYXJhdGlvbjogdHMuRGVjbGFyYXRpb24pOiB0cy5TeW1ib2wge1xuICByZXR1cm4gKGRlY2xhcmF0aW9uIGFzIHRzLkRlY2xhcmF0aW9uICYgeyBzeW1ib2w6IHRzLlN5bWJvbCB9KS5zeW1ib2xcbn1cblxuZnVuY3Rpb24gaXNQcml2YXRlKGRlY2xhcmF0aW9uOiB0cy5EZWNsYXJhdGlvbik6IGJvb2xlYW4ge1xuICBjb25zdCBpc01lbWJlciA9IHRzLmlzQ2xhc3NFbGVtZW50KGRlY2xhcmF0aW9uKSB8fCB0cy5pc1BhcmFtZXRlcihkZWNsYXJhdGlvbilcbiAgcmV0dXJuIGlzTWVtYmVyICYmICh0cy5nZXRDb21iaW5lZE1vZGlmaWVyRmxhZ3MoZGVjbGFyYXRpb24pICYgdHMuTW9kaWZpZXJGbGFncy5Qcml2YXRlKSAhPT0gMFxufVxuXG5mdW5jdGlvbiBpc1R5cGVLZXkobm9kZTogdHMuTm9kZSk6IG5vZGUgaXMgdHMuU3RyaW5nTGl0ZXJhbCB7XG4gIHJldHVybiB0cy5pc1N0cmluZ0xpdGVyYWwobm9kZSkgJiYgdHMuaXNMaXRlcmFsVHlwZU5vZGUobm9kZS5wYXJlbnQpICYmIHRzLmlzSW5kZXhlZEFjY2Vzc1R5cGVOb2RlKG5vZGUucGFyZW50LnBhcmVudClcbn1cbiIsICJjb25zdCBfX2luamVjdGVkX2ZpbGVuYW1lX18gPSBcIi93b3JrL3d0L3N1cnByaXNlL2J1aWxkL3Byb2dyYW0udHNcIjtjb25zdCBfX2luamVjdGVkX2Rpcm5hbWVfXyA9IFwiL3dvcmsvd3Qvc3VycHJpc2UvYnVpbGRcIjtjb25zdCBfX2luamVjdGVkX2ltcG9ydF9tZXRhX3VybF9fID0gXCJmaWxlOi8vL3dvcmsvd3Qvc3VycHJpc2UvYnVpbGQvcHJvZ3JhbS50c1wiO2ltcG9ydCB7IGRpcm5hbWUgfSBmcm9tICdub2RlOnBhdGgnXG5pbXBvcnQgdHMgZnJvbSAndHlwZXNjcmlwdCdcblxuLyoqIFRoZSBzb3VyY2VzLCBhcyBUeXBlU2NyaXB0IHJlYWRzIHRoZW0uICovXG5leHBvcnQgaW50ZXJmYWNlIFNvdXJjZXMge1xuICBwcm9ncmFtOiB0cy5Qcm9ncmFtXG4gIGNoZWNrZXI6IHRzLlR5cGVDaGVja2VyXG4gIGZpbGVzOiByZWFkb25seSB0cy5Tb3VyY2VGaWxlW11cbn1cblxuZXhwb3J0IGZ1bmN0aW9uIHJlYWRTb3VyY2VzKGNvbmZpZzogc3RyaW5nKTogU291cmNlcyB7XG4gIGNvbnN0IHJvb3QgPSBkaXJuYW1lKGNvbmZpZylcbiAgY29uc3QganNvbiA9IHsgLi4udHMucmVhZENvbmZpZ0ZpbGUoY29uZmlnLCB0cy5zeXMucmVhZEZpbGUpLmNvbmZpZywgaW5jbHVkZTogWydzcmMnXSB9XG4gIGNvbnN0IHsgb3B0aW9ucywgZmlsZU5hbWVzIH0gPSB0cy5wYXJzZUpzb25Db25maWdGaWxlQ29udGVudChqc29uLCB0cy5zeXMsIHJvb3QpXG4gIGNvbnN0IHByb2dyYW0gPSB0cy5jcmVhdGVQcm9ncmFtKGZpbGVOYW1lcywgb3B0aW9ucylcbiAgLy8gVGhlIHRlc3RlciByZWFkcyB3aGF0IHN0cmFuZ2VycyBzZW5kLCBvZiBhbnkgZm9ybSwgc28gaXRzIG5hbWVzIGFyZSBldmVyeWJvZHknczogaXQgaXMgYnVpbHQgYnkgaXRzZWxmLCB3aXRoIHRoZSBuYW1lcyBhcyB0aGV5IGFyZS5cbiAgY29uc3QgaXNUZXN0ZXIgPSAoZmlsZU5hbWU6IHN0cmluZykgPT4gZmlsZU5hbWUuc3RhcnRzV2l0aChgJHtyb290fS9zcmMvbm9kZS9jb25mb3JtL2ApXG4gIGNvbnN0IGZpbGVzID0gcHJvZ3JhbS5nZXRTb3VyY2VGaWxlcygpLmZpbHRlcigoeyBmaWxlTmFtZSB9KSA9PiBmaWxlTmFtZS5zdGFydHNXaXRoKGAke3Jvb3R9L3NyYy9gKSAmJiAhaXNUZXN0ZXIoZmlsZU5hbWUpKVxuICByZXR1cm4geyBwcm9ncmFtLCBjaGVja2VyOiBwcm9ncmFtLmdldFR5cGVDaGVja2VyKCksIGZpbGVzIH1cbn1cbiIsICJjb25zdCBfX2luamVjdGVkX2ZpbGVuYW1lX18gPSBcIi93b3JrL3d0L3N1cnByaXNlL2J1aWxkL3NlbnRlbmNlcy50c1wiO2NvbnN0IF9faW5qZWN0ZWRfZGlybmFtZV9fID0gXCIvd29yay93dC9zdXJwcmlzZS9idWlsZFwiO2NvbnN0IF9faW5qZWN0ZWRfaW1wb3J0X21ldGFfdXJsX18gPSBcImZpbGU6Ly8vd29yay93dC9zdXJwcmlzZS9idWlsZC9zZW50ZW5jZXMudHNcIjtpbXBvcnQgeyBkaXJuYW1lLCByZXNvbHZlIH0gZnJvbSAnbm9kZTpwYXRoJ1xuaW1wb3J0IHRzIGZyb20gJ3R5cGVzY3JpcHQnXG5pbXBvcnQgdHlwZSB7IEVkaXQgfSBmcm9tICcuL2VkaXRzLmpzJ1xuaW1wb3J0IHR5cGUgeyBTb3VyY2VzIH0gZnJvbSAnLi9wcm9ncmFtLmpzJ1xuaW1wb3J0IHsgaXNOZXdFcnJvciwgUmVmZXJlbmNlcyB9IGZyb20gJy4vcmVmZXJlbmNlcy5qcydcblxuLyoqIFdoYXQgc3RhbmRzIGJldHdlZW4gdHdvIHNlbnRlbmNlcyBvZiB0aGUgdGFibGUsIGFuZCBmb3IgYSB2YWx1ZSBpbiBvbmUgb2YgdGhlbS4gKi9cbmNvbnN0IEJFVFdFRU4gPSAnfCdcbmNvbnN0IFZBTFVFID0gJ34nXG5cbi8qKiBBIHRleHQgc2hvcnRlciB0aGFuIHRoaXMgc3RheXMgd2hlcmUgaXQgaXM6IGl0cyBudW1iZXIgd291bGQgc2F2ZSBub3RoaW5nLiAqL1xuY29uc3QgTUlOX0xFTkdUSCA9IDEyXG5cbi8qKiBUaGUgY29uc3RhbnQgb2YgdGhlIHNvdXJjZXMgdGhhdCBhbGwgc2VudGVuY2VzIGFyZSBwdXQgaW4uICovXG5jb25zdCBUQUJMRSA9ICdTRU5URU5DRVMnXG5cbi8qKlxuICogVGFrZXMgdGhlIHNlbnRlbmNlcyBvZiBlcnJvcnMgb3V0IG9mIHRoZSBzb3VyY2VzOiBgbmV3IFAyUEVycm9yKGNvZGUsICdUaGUgc3RvcmUgaXMgZnVsbC4nKWAgYmVjb21lcyBgbmV3IFAyUEVycm9yKGNvZGUsIDcpYCwgYW5kIGFcbiAqIHNlbnRlbmNlIHdpdGggdmFsdWVzIGBbOCwgdmFsdWUsIHZhbHVlXWAsIHdoZXJlIDcgYW5kIDggYXJlIHBsYWNlcyBpbiBhIHRhYmxlLiBXaGF0IGFuIGFwcGxpY2F0aW9uIGRvZXMgbm90IGltcG9ydCB0aGUgdGFibGUgb2ZcbiAqIGNvc3RzIGl0IG5vIGJ5dGVzLiBBIHNlbnRlbmNlIHRoYXQgcmVhY2hlcyB0aGUgZXJyb3IgYnkgYSB2YXJpYWJsZSwgYSBwYXJhbWV0ZXIgb3IgdGhlIHJlc3VsdCBvZiBhIGZ1bmN0aW9uIGlzIGZvdW5kIHRoZXJlLCBpZiBpdFxuICogZ29lcyBub3doZXJlIGJ1dCBpbnRvIGVycm9ycy5cbiAqXG4gKiBAcGFyYW0gZW50cnkgdGhlIGZpbGUgd2hvc2UgaW1wb3J0cywgYW5kIHRoZWlycywgYXJlIHJlYWQ7IHNlbnRlbmNlcyBlbHNld2hlcmUgc3RheS5cbiAqIEByZXR1cm5zIHRoZSBlZGl0cyBvZiB0aG9zZSBmaWxlcyB0aGF0IGhhdmUgc2VudGVuY2VzLCBhbmQgb2YgdGhlIG9uZSB0aGF0IHRoZSB0YWJsZSBpcyBmb3IuXG4gKi9cbmV4cG9ydCBmdW5jdGlvbiBsaWZ0U2VudGVuY2VzKHNvdXJjZXM6IFNvdXJjZXMsIGVudHJ5OiBzdHJpbmcpOiBNYXA8c3RyaW5nLCBFZGl0W10+IHtcbiAgY29uc3Qgd2l0aGluID0gcmVhY2hhYmxlKHNvdXJjZXMsIGVudHJ5KVxuICBjb25zdCBwbGFjZXMgPSBuZXcgUGxhY2VzKHNvdXJjZXMsIHdpdGhpbilcbiAgY29uc3QgZm91bmQ6IHsgbm9kZTogdHMuRXhwcmVzc2lvbjsgdGV4dDogc3RyaW5nIH1bXSA9IFtdXG4gIGxldCB0YWJsZTogdHMuRXhwcmVzc2lvbiB8IHVuZGVmaW5lZFxuICBjb25zdCB2aXNpdCA9IChub2RlOiB0cy5Ob2RlKTogdm9pZCA9PiB7XG4gICAgaWYgKHRzLmlzU3RyaW5nTGl0ZXJhbExpa2Uobm9kZSkgJiYgbm9kZS50ZXh0Lmxlbmd0aCA+PSBNSU5fTEVOR1RIICYmIHBsYWNlcy5pc1NlbnRlbmNlKG5vZGUpKVxuICAgICAgZm91bmQucHVzaCh7IG5vZGUsIHRleHQ6IG5vZGUudGV4dCB9KVxuICAgIGlmICh0cy5pc1RlbXBsYXRlRXhwcmVzc2lvbihub2RlKSAmJiBwbGFjZXMuaXNTZW50ZW5jZShub2RlKSkgZm91bmQucHVzaCh7IG5vZGUsIHRleHQ6IHRleHRPZihub2RlKSB9KVxuICAgIGlmICh0cy5pc1ZhcmlhYmxlRGVjbGFyYXRpb24obm9kZSkgJiYgbm9kZS5uYW1lLmdldFRleHQoKSA9PT0gVEFCTEUpIHRhYmxlID0gbm9kZS5pbml0aWFsaXplclxuICAgIHRzLmZvckVhY2hDaGlsZChub2RlLCB2aXNpdClcbiAgfVxuICBmb3IgKGNvbnN0IGZpbGUgb2Ygd2l0aGluKSB2aXNpdChmaWxlKVxuICBjb25zdCB0ZXh0cyA9IFsuLi5uZXcgU2V0KGZvdW5kLm1hcCgoeyB0ZXh0IH0pID0+IHRleHQpKV0uc29ydCgpXG4gIGNvbnN0IHVuZml0ID0gdGV4dHMuZmluZCgodGV4dCkgPT4gdGV4dC5pbmNsdWRlcyhCRVRXRUVOKSlcbiAgaWYgKHVuZml0ICE9PSB1bmRlZmluZWQpIHRocm93IG5ldyBFcnJvcihgQSBzZW50ZW5jZSBtYXkgbm90IGhvbGQgJHtCRVRXRUVOfTogJHt1bmZpdH1gKVxuICBjb25zdCBlZGl0cyA9IG5ldyBNYXA8c3RyaW5nLCBFZGl0W10+KClcbiAgY29uc3QgYWRkID0gKG5vZGU6IHRzLk5vZGUsIG1hZGU6IEVkaXRbXSkgPT4ge1xuICAgIGNvbnN0IHsgZmlsZU5hbWUgfSA9IG5vZGUuZ2V0U291cmNlRmlsZSgpXG4gICAgZWRpdHMuc2V0KGZpbGVOYW1lLCBbLi4uKGVkaXRzLmdldChmaWxlTmFtZSkgPz8gW10pLCAuLi5tYWRlXSlcbiAgfVxuICBmb3IgKGNvbnN0IHsgbm9kZSwgdGV4dCB9IG9mIGZvdW5kKSBhZGQobm9kZSwgZWRpdHNPZihub2RlLCB0ZXh0cy5pbmRleE9mKHRleHQpLCBpc1dob2xlKG5vZGUpKSlcbiAgYWRkKHRhYmxlISwgW3sgc3RhcnQ6IHRhYmxlIS5nZXRTdGFydCgpLCBlbmQ6IHRhYmxlIS5lbmQsIHRleHQ6IEpTT04uc3RyaW5naWZ5KHRleHRzLmpvaW4oQkVUV0VFTikpIH1dKVxuICByZXR1cm4gZWRpdHNcbn1cblxuLyoqIEEgdGVtcGxhdGUgd2l0aCBhIG1hcmsgZm9yIGVhY2ggdmFsdWUuICovXG5mdW5jdGlvbiB0ZXh0T2YoeyBoZWFkLCB0ZW1wbGF0ZVNwYW5zIH06IHRzLlRlbXBsYXRlRXhwcmVzc2lvbik6IHN0cmluZyB7XG4gIGNvbnN0IHBpZWNlcyA9IFtoZWFkLnRleHQsIC4uLnRlbXBsYXRlU3BhbnMubWFwKCh7IGxpdGVyYWwgfSkgPT4gbGl0ZXJhbC50ZXh0KV1cbiAgY29uc3QgdW5maXQgPSBwaWVjZXMuZmluZCgocGllY2UpID0+IHBpZWNlLmluY2x1ZGVzKFZBTFVFKSlcbiAgaWYgKHVuZml0ICE9PSB1bmRlZmluZWQpIHRocm93IG5ldyBFcnJvcihgQSBzZW50ZW5jZSB3aXRoIHZhbHVlcyBtYXkgbm90IGhvbGQgJHtWQUxVRX06ICR7dW5maXR9YClcbiAgcmV0dXJuIHBpZWNlcy5qb2luKFZBTFVFKVxufVxuXG4vKiogT25seSB0aGUgdGV4dCBiZXR3ZWVuIHRoZSB2YWx1ZXMgaXMgd3JpdHRlbiBhbmV3OiBpbiB0aGUgdmFsdWVzLCBvdGhlciBuYW1lcyBtYXkgYmUuICovXG5mdW5jdGlvbiBlZGl0c09mKG5vZGU6IHRzLkV4cHJlc3Npb24sIG51bWJlcjogbnVtYmVyLCB3aG9sZTogYm9vbGVhbik6IEVkaXRbXSB7XG4gIGlmICghdHMuaXNUZW1wbGF0ZUV4cHJlc3Npb24obm9kZSkpXG4gICAgcmV0dXJuIFt7IHN0YXJ0OiBub2RlLmdldFN0YXJ0KCksIGVuZDogbm9kZS5lbmQsIHRleHQ6IHdob2xlID8gYCR7bnVtYmVyfWAgOiBgWyR7bnVtYmVyfV1gIH1dXG4gIGNvbnN0IHsgaGVhZCwgdGVtcGxhdGVTcGFucyB9ID0gbm9kZVxuICBjb25zdCBlZGl0cyA9IFt7IHN0YXJ0OiBoZWFkLmdldFN0YXJ0KCksIGVuZDogaGVhZC5lbmQsIHRleHQ6IGBbJHtudW1iZXJ9LGAgfV1cbiAgZm9yIChjb25zdCBbaSwgeyBsaXRlcmFsIH1dIG9mIHRlbXBsYXRlU3BhbnMuZW50cmllcygpKSB7XG4gICAgZWRpdHMucHVzaCh7IHN0YXJ0OiBsaXRlcmFsLmdldFN0YXJ0KCksIGVuZDogbGl0ZXJhbC5lbmQsIHRleHQ6IGkgPT09IHRlbXBsYXRlU3BhbnMubGVuZ3RoIC0gMSA/ICddJyA6ICcsJyB9KVxuICB9XG4gIHJldHVybiBlZGl0c1xufVxuXG4vKiogV2hldGhlciBhbiBleHByZXNzaW9uLCBvciBhIGJyYW5jaCBvZiBpdCwgaXMgd2hhdCBhbiBlcnJvciBpcyBjb25zdHJ1Y3RlZCB3aXRoOyBlbHNld2hlcmUgYSBudW1iZXIgY291bGQgYmUgYSB2YWx1ZS4gKi9cbmZ1bmN0aW9uIGlzV2hvbGUobm9kZTogdHMuRXhwcmVzc2lvbik6IGJvb2xlYW4ge1xuICBjb25zdCB7IHBhcmVudCB9ID0gbm9kZVxuICByZXR1cm4gaXNOZXdFcnJvcihwYXJlbnQpIHx8ICgodHMuaXNQYXJlbnRoZXNpemVkRXhwcmVzc2lvbihwYXJlbnQpIHx8IGlzQnJhbmNoKG5vZGUpKSAmJiBpc1dob2xlKHBhcmVudCBhcyB0cy5FeHByZXNzaW9uKSlcbn1cblxuZnVuY3Rpb24gaXNCcmFuY2gobm9kZTogdHMuTm9kZSk6IGJvb2xlYW4ge1xuICBjb25zdCB7IHBhcmVudCB9ID0gbm9kZVxuICByZXR1cm4gdHMuaXNDb25kaXRpb25hbEV4cHJlc3Npb24ocGFyZW50KSAmJiBwYXJlbnQuY29uZGl0aW9uICE9PSBub2RlXG59XG5cbi8qKiBUaGUgZmlsZXMgdGhhdCBvbmUgbG9hZHMsIHR5cGVzIGFzaWRlLiAqL1xuZnVuY3Rpb24gcmVhY2hhYmxlKHsgcHJvZ3JhbSwgZmlsZXMgfTogU291cmNlcywgZW50cnk6IHN0cmluZyk6IFNldDx0cy5Tb3VyY2VGaWxlPiB7XG4gIGNvbnN0IG93biA9IG5ldyBTZXQoZmlsZXMpXG4gIGNvbnN0IGZvdW5kID0gbmV3IFNldDx0cy5Tb3VyY2VGaWxlPihbcHJvZ3JhbS5nZXRTb3VyY2VGaWxlKGVudHJ5KSFdKVxuICBmb3IgKGNvbnN0IGZpbGUgb2YgZm91bmQpIHtcbiAgICBmb3IgKGNvbnN0IHN0YXRlbWVudCBvZiBmaWxlLnN0YXRlbWVudHMpIHtcbiAgICAgIGNvbnN0IGlzTGluayA9ICh0cy5pc0ltcG9ydERlY2xhcmF0aW9uKHN0YXRlbWVudCkgJiYgIXN0YXRlbWVudC5pbXBvcnRDbGF1c2U/LmlzVHlwZU9ubHkpIHx8IGlzRXhwb3J0KHN0YXRlbWVudClcbiAgICAgIGlmICghaXNMaW5rIHx8ICFzdGF0ZW1lbnQubW9kdWxlU3BlY2lmaWVyIHx8ICF0cy5pc1N0cmluZ0xpdGVyYWwoc3RhdGVtZW50Lm1vZHVsZVNwZWNpZmllcikpIGNvbnRpbnVlXG4gICAgICBjb25zdCBwYXRoID0gcmVzb2x2ZShkaXJuYW1lKGZpbGUuZmlsZU5hbWUpLCBzdGF0ZW1lbnQubW9kdWxlU3BlY2lmaWVyLnRleHQucmVwbGFjZSgvXFwuanMkLywgJy50cycpKVxuICAgICAgY29uc3QgdGFyZ2V0ID0gcHJvZ3JhbS5nZXRTb3VyY2VGaWxlKHBhdGgpXG4gICAgICBpZiAodGFyZ2V0ICE9PSB1bmRlZmluZWQgJiYgb3duLmhhcyh0YXJnZXQpKSBmb3VuZC5hZGQodGFyZ2V0KVxuICAgIH1cbiAgfVxuICByZXR1cm4gZm91bmRcbn1cblxuZnVuY3Rpb24gaXNFeHBvcnQoc3RhdGVtZW50OiB0cy5TdGF0ZW1lbnQpOiBzdGF0ZW1lbnQgaXMgdHMuRXhwb3J0RGVjbGFyYXRpb24ge1xuICByZXR1cm4gdHMuaXNFeHBvcnREZWNsYXJhdGlvbihzdGF0ZW1lbnQpICYmICFzdGF0ZW1lbnQuaXNUeXBlT25seVxufVxuXG4vKiogV2hlcmUgYSB0ZXh0IGlzIGEgc2VudGVuY2Ugb2YgYW4gZXJyb3IsIG9yIGEgcGFydCBvZiBvbmUsIGFuZCBub3RoaW5nIGVsc2UuICovXG5jbGFzcyBQbGFjZXMge1xuICBwcml2YXRlIHJlYWRvbmx5IGNoZWNrZXI6IHRzLlR5cGVDaGVja2VyXG4gIC8qKiBWYXJpYWJsZXMgYW5kIHBhcmFtZXRlcnMgb2Ygd2hpY2ggdGhhdCBtYXkgYmUgdHJ1ZSwgYW5kIGZ1bmN0aW9ucyB3aG9zZSByZXN1bHRzIGl0IG1heSBiZSB0cnVlIG9mOyB3aGF0IGlzIG5vbmUgaXMgdGFrZW4gb3V0LiAqL1xuICBwcml2YXRlIHJlYWRvbmx5IGNhcnJpZXJzID0gbmV3IFNldDx0cy5TeW1ib2w+KClcbiAgcHJpdmF0ZSByZWFkb25seSByZWZlcmVuY2VzOiBSZWZlcmVuY2VzXG5cbiAgY29uc3RydWN0b3IoXG4gICAgc291cmNlczogU291cmNlcyxcbiAgICBwcml2YXRlIHJlYWRvbmx5IHdpdGhpbjogUmVhZG9ubHlTZXQ8dHMuU291cmNlRmlsZT4sXG4gICkge1xuICAgIHRoaXMuY2hlY2tlciA9IHNvdXJjZXMuY2hlY2tlclxuICAgIHRoaXMucmVmZXJlbmNlcyA9IG5ldyBSZWZlcmVuY2VzKHNvdXJjZXMpXG4gICAgY29uc3QgdmlzaXQgPSAobm9kZTogdHMuTm9kZSk6IHZvaWQgPT4ge1xuICAgICAgY29uc3Qgc3ltYm9sID0gdGhpcy5jYW5kaWRhdGUobm9kZSlcbiAgICAgIGlmIChzeW1ib2wgIT09IHVuZGVmaW5lZCkgdGhpcy5jYXJyaWVycy5hZGQoc3ltYm9sKVxuICAgICAgdHMuZm9yRWFjaENoaWxkKG5vZGUsIHZpc2l0KVxuICAgIH1cbiAgICBzb3VyY2VzLmZpbGVzLmZvckVhY2godmlzaXQpXG4gICAgbGV0IGJlZm9yZTogbnVtYmVyXG4gICAgZG8ge1xuICAgICAgYmVmb3JlID0gdGhpcy5jYXJyaWVycy5zaXplXG4gICAgICBmb3IgKGNvbnN0IHN5bWJvbCBvZiB0aGlzLmNhcnJpZXJzKSBpZiAoIXRoaXMuaXNDYXJyaWVyKHN5bWJvbCkpIHRoaXMuY2FycmllcnMuZGVsZXRlKHN5bWJvbClcbiAgICB9IHdoaWxlICh0aGlzLmNhcnJpZXJzLnNpemUgPCBiZWZvcmUpXG4gIH1cblxuICAvKiogV2hldGhlciB3aGF0IHN0YW5kcyBoZXJlIGdvZXMgaW50byBhbiBlcnJvcidzIHNlbnRlbmNlIG9ubHkuICovXG4gIGlzU2VudGVuY2Uobm9kZTogdHMuRXhwcmVzc2lvbik6IGJvb2xlYW4ge1xuICAgIGNvbnN0IHsgcGFyZW50IH0gPSBub2RlXG4gICAgaWYgKHRzLmlzUGFyZW50aGVzaXplZEV4cHJlc3Npb24ocGFyZW50KSkgcmV0dXJuIHRoaXMuaXNTZW50ZW5jZShwYXJlbnQpXG4gICAgaWYgKGlzQnJhbmNoKG5vZGUpIHx8IGlzRmFsbGJhY2sobm9kZSkpIHJldHVybiB0aGlzLmlzU2VudGVuY2UocGFyZW50IGFzIHRzLkV4cHJlc3Npb24pXG4gICAgaWYgKGlzTmV3RXJyb3IocGFyZW50KSkgcmV0dXJuIHBhcmVudC5hcmd1bWVudHM/LmluZGV4T2Yobm9kZSkgPT09IDFcbiAgICBpZiAodHMuaXNUZW1wbGF0ZVNwYW4ocGFyZW50KSkgcmV0dXJuIHRoaXMud2l0aGluLmhhcyhub2RlLmdldFNvdXJjZUZpbGUoKSkgJiYgdGhpcy5pc1NlbnRlbmNlKHBhcmVudC5wYXJlbnQpXG4gICAgaWYgKHRzLmlzQ2FsbEV4cHJlc3Npb24ocGFyZW50KSkgcmV0dXJuIHRoaXMuaXNDYXJyeWluZyh0aGlzLnBhcmFtZXRlck9mKHBhcmVudCwgbm9kZSkpXG4gICAgaWYgKCh0cy5pc1ZhcmlhYmxlRGVjbGFyYXRpb24ocGFyZW50KSB8fCB0cy5pc1BhcmFtZXRlcihwYXJlbnQpKSAmJiBwYXJlbnQuaW5pdGlhbGl6ZXIgPT09IG5vZGUpIHtcbiAgICAgIHJldHVybiB0aGlzLmlzQ2FycnlpbmcodGhpcy5jaGVja2VyLmdldFN5bWJvbEF0TG9jYXRpb24ocGFyZW50Lm5hbWUpKVxuICAgIH1cbiAgICBpZiAoaXNBc3NpZ25tZW50KHBhcmVudCkgJiYgcGFyZW50LnJpZ2h0ID09PSBub2RlKSByZXR1cm4gdGhpcy5pc0NhcnJ5aW5nKHRoaXMucmVmZXJlbmNlcy5zeW1ib2xBdChwYXJlbnQubGVmdCkpXG4gICAgaWYgKHRzLmlzUmV0dXJuU3RhdGVtZW50KHBhcmVudCkgfHwgKHRzLmlzQXJyb3dGdW5jdGlvbihwYXJlbnQpICYmIHBhcmVudC5ib2R5ID09PSBub2RlKSkge1xuICAgICAgY29uc3Qgb3duZXIgPSB0cy5pc0Fycm93RnVuY3Rpb24ocGFyZW50KSA/IHBhcmVudCA6IHRzLmZpbmRBbmNlc3RvcihwYXJlbnQsIHRzLmlzRnVuY3Rpb25MaWtlKVxuICAgICAgcmV0dXJuIG93bmVyICE9PSB1bmRlZmluZWQgJiYgdGhpcy5pc0NhcnJ5aW5nKHRoaXMucmVmZXJlbmNlcy5zeW1ib2xPZihvd25lcikpXG4gICAgfVxuICAgIHJldHVybiBmYWxzZVxuICB9XG5cbiAgcHJpdmF0ZSBpc0NhcnJ5aW5nKHN5bWJvbDogdHMuU3ltYm9sIHwgdW5kZWZpbmVkKTogYm9vbGVhbiB7XG4gICAgcmV0dXJuIHN5bWJvbCAhPT0gdW5kZWZpbmVkICYmIHRoaXMuY2FycmllcnMuaGFzKHN5bWJvbClcbiAgfVxuXG4gIHByaXZhdGUgY2FuZGlkYXRlKG5vZGU6IHRzLk5vZGUpOiB0cy5TeW1ib2wgfCB1bmRlZmluZWQge1xuICAgIGNvbnN0IGlzVmFyaWFibGUgPSB0cy5pc1ZhcmlhYmxlRGVjbGFyYXRpb24obm9kZSkgJiYgIWlzRXhwb3J0ZWQobm9kZS5wYXJlbnQucGFyZW50KVxuICAgIGlmICgoaXNWYXJpYWJsZSB8fCAodHMuaXNQYXJhbWV0ZXIobm9kZSkgJiYgaGFzQm9keShub2RlLnBhcmVudCkpKSAmJiB0cy5pc0lkZW50aWZpZXIobm9kZS5uYW1lKSkge1xuICAgICAgcmV0dXJuIHRoaXMuaXNUZXh0KHRoaXMuY2hlY2tlci5nZXRUeXBlQXRMb2NhdGlvbihub2RlLm5hbWUpKSA/IHRoaXMuY2hlY2tlci5nZXRTeW1ib2xBdExvY2F0aW9uKG5vZGUubmFtZSkgOiB1bmRlZmluZWRcbiAgICB9XG4gICAgaWYgKCF0cy5pc0Z1bmN0aW9uRGVjbGFyYXRpb24obm9kZSkgJiYgIXRzLmlzQXJyb3dGdW5jdGlvbihub2RlKSkgcmV0dXJuIHVuZGVmaW5lZFxuICAgIGNvbnN0IHJldHVybmVkID0gdGhpcy5jaGVja2VyLmdldFNpZ25hdHVyZUZyb21EZWNsYXJhdGlvbihub2RlKT8uZ2V0UmV0dXJuVHlwZSgpXG4gICAgcmV0dXJuIHJldHVybmVkICE9PSB1bmRlZmluZWQgJiYgdGhpcy5pc1RleHQocmV0dXJuZWQpID8gdGhpcy5yZWZlcmVuY2VzLnN5bWJvbE9mKG5vZGUpIDogdW5kZWZpbmVkXG4gIH1cblxuICBwcml2YXRlIGlzVGV4dCh0eXBlOiB0cy5UeXBlKTogYm9vbGVhbiB7XG4gICAgY29uc3QgcGFydHMgPSB0eXBlLmlzVW5pb24oKSA/IHR5cGUudHlwZXMgOiBbdHlwZV1cbiAgICBjb25zdCB0ZXh0cyA9IHBhcnRzLmZpbHRlcigocGFydCkgPT4gKHBhcnQuZmxhZ3MgJiB0cy5UeXBlRmxhZ3MuU3RyaW5nTGlrZSkgIT09IDApXG4gICAgcmV0dXJuIHRleHRzLmxlbmd0aCA+IDAgJiYgcGFydHMuZXZlcnkoKHBhcnQpID0+IHRleHRzLmluY2x1ZGVzKHBhcnQpIHx8IChwYXJ0LmZsYWdzICYgdHMuVHlwZUZsYWdzLlVuZGVmaW5lZCkgIT09IDApXG4gIH1cblxuICBwcml2YXRlIGlzQ2FycmllcihzeW1ib2w6IHRzLlN5bWJvbCk6IGJvb2xlYW4ge1xuICAgIGNvbnN0IHVzZXMgPSB0aGlzLnJlZmVyZW5jZXMudXNlc09mKHN5bWJvbClcbiAgICBjb25zdCBpc0Z1bmN0aW9uID0gc3ltYm9sLmRlY2xhcmF0aW9ucz8uc29tZShcbiAgICAgIChkZWNsYXJhdGlvbikgPT5cbiAgICAgICAgdHMuaXNGdW5jdGlvbkRlY2xhcmF0aW9uKGRlY2xhcmF0aW9uKSB8fFxuICAgICAgICAodHMuaXNWYXJpYWJsZURlY2xhcmF0aW9uKGRlY2xhcmF0aW9uKSAmJlxuICAgICAgICAgIGRlY2xhcmF0aW9uLmluaXRpYWxpemVyICE9PSB1bmRlZmluZWQgJiZcbiAgICAgICAgICB0cy5pc0Fycm93RnVuY3Rpb24oZGVjbGFyYXRpb24uaW5pdGlhbGl6ZXIpKSxcbiAgICApXG4gICAgY29uc3QgaXNVc2VkU28gPSAodXNlOiB0cy5JZGVudGlmaWVyKTogYm9vbGVhbiA9PiB7XG4gICAgICBpZiAodHMuaXNJbXBvcnRTcGVjaWZpZXIodXNlLnBhcmVudCkpIHJldHVybiB0cnVlXG4gICAgICBpZiAoIWlzRnVuY3Rpb24pIHJldHVybiB0aGlzLmlzU2VudGVuY2UodXNlKSB8fCBpc1F1ZXN0aW9uKHVzZSkgfHwgKGlzQXNzaWdubWVudCh1c2UucGFyZW50KSAmJiB1c2UucGFyZW50LmxlZnQgPT09IHVzZSlcbiAgICAgIGNvbnN0IGNhbGwgPSB1c2UucGFyZW50XG4gICAgICByZXR1cm4gdHMuaXNDYWxsRXhwcmVzc2lvbihjYWxsKSAmJiBjYWxsLmV4cHJlc3Npb24gPT09IHVzZSAmJiAodGhpcy5pc1NlbnRlbmNlKGNhbGwpIHx8IGlzUXVlc3Rpb24oY2FsbCkpXG4gICAgfVxuICAgIHJldHVybiB1c2VzLmxlbmd0aCA+IDAgJiYgdXNlcy5ldmVyeShpc1VzZWRTbylcbiAgfVxuXG4gIC8qKiBUaGUgcGFyYW1ldGVyIHRoYXQgYW4gYXJndW1lbnQgaXMgZ2l2ZW4gdG8sIHdoZXJlIHRoZSBmdW5jdGlvbiB0aGF0IGlzIGNhbGxlZCBpcyBrbm93bi4gKi9cbiAgcHJpdmF0ZSBwYXJhbWV0ZXJPZihjYWxsOiB0cy5DYWxsRXhwcmVzc2lvbiwgYXJndW1lbnQ6IHRzLkV4cHJlc3Npb24pOiB0cy5TeW1ib2wgfCB1bmRlZmluZWQge1xuICAgIGNvbnN0IGkgPSBjYWxsLmFyZ3VtZW50cy5pbmRleE9mKGFyZ3VtZW50KVxuICAgIGNvbnN0IHsgZGVjbGFyYXRpb24gfSA9IHRoaXMuY2hlY2tlci5nZXRSZXNvbHZlZFNpZ25hdHVyZShjYWxsKSA/PyB7fVxuICAgIGlmIChpIDwgMCB8fCBkZWNsYXJhdGlvbiA9PT0gdW5kZWZpbmVkIHx8ICF0cy5pc0Z1bmN0aW9uTGlrZShkZWNsYXJhdGlvbikgfHwgIWhhc0JvZHkoZGVjbGFyYXRpb24pKSByZXR1cm4gdW5kZWZpbmVkXG4gICAgY29uc3QgbmFtZSA9IGRlY2xhcmF0aW9uLnBhcmFtZXRlcnNbaV0/Lm5hbWVcbiAgICByZXR1cm4gbmFtZSAmJiB0cy5pc0lkZW50aWZpZXIobmFtZSkgPyB0aGlzLmNoZWNrZXIuZ2V0U3ltYm9sQXRMb2NhdGlvbihuYW1lKSA6IHVuZGVmaW5lZFxuICB9XG59XG5cbi8qKiBGdW5jdGlvbnMsIGFuZCBtZXRob2RzIHRoYXQgb25seSB0aGVpciBvd24gY2xhc3MgY2FuIG1lYW4uICovXG5mdW5jdGlvbiBoYXNCb2R5KG93bmVyOiB0cy5TaWduYXR1cmVEZWNsYXJhdGlvbik6IGJvb2xlYW4ge1xuICBpZiAodHMuaXNNZXRob2REZWNsYXJhdGlvbihvd25lcikpIHtcbiAgICByZXR1cm4gb3duZXIuYm9keSAhPT0gdW5kZWZpbmVkICYmICh0cy5nZXRDb21iaW5lZE1vZGlmaWVyRmxhZ3Mob3duZXIpICYgdHMuTW9kaWZpZXJGbGFncy5Qcml2YXRlKSAhPT0gMFxuICB9XG4gIHJldHVybiB0cy5pc0Fycm93RnVuY3Rpb24ob3duZXIpIHx8ICh0cy5pc0Z1bmN0aW9uRGVjbGFyYXRpb24ob3duZXIpICYmIG93bmVyLmJvZHkgIT09IHVuZGVmaW5lZClcbn1cblxuZnVuY3Rpb24gaXNFeHBvcnRlZChub2RlOiB0cy5Ob2RlKTogYm9vbGVhbiB7XG4gIHJldHVybiB0cy5pc1ZhcmlhYmxlU3RhdGVtZW50KG5vZGUpICYmIChub2RlLm1vZGlmaWVycz8uc29tZSgoeyBraW5kIH0pID0+IGtpbmQgPT09IHRzLlN5bnRheEtpbmQuRXhwb3J0S2V5d29yZCkgPz8gZmFsc2UpXG59XG5cbmZ1bmN0aW9uIGlzQXNzaWdubWVudChub2RlOiB0cy5Ob2RlKTogbm9kZSBpcyB0cy5Bc3NpZ25tZW50RXhwcmVzc2lvbjx0cy5FcXVhbHNUb2tlbj4ge1xuICByZXR1cm4gdHMuaXNCaW5hcnlFeHByZXNzaW9uKG5vZGUpICYmIG5vZGUub3BlcmF0b3JUb2tlbi5raW5kID09PSB0cy5TeW50YXhLaW5kLkVxdWFsc1Rva2VuXG59XG5cbmZ1bmN0aW9uIGlzRmFsbGJhY2soeyBwYXJlbnQgfTogdHMuTm9kZSk6IGJvb2xlYW4ge1xuICByZXR1cm4gdHMuaXNCaW5hcnlFeHByZXNzaW9uKHBhcmVudCkgJiYgcGFyZW50Lm9wZXJhdG9yVG9rZW4ua2luZCA9PT0gdHMuU3ludGF4S2luZC5RdWVzdGlvblF1ZXN0aW9uVG9rZW5cbn1cblxuLyoqIFdoZXRoZXIgYSB0ZXh0IGlzIG9ubHkgYXNrZWQgZm9yIGJlaW5nIHRoZXJlLiAqL1xuZnVuY3Rpb24gaXNRdWVzdGlvbih7IHBhcmVudCB9OiB0cy5Ob2RlKTogYm9vbGVhbiB7XG4gIGlmICghdHMuaXNCaW5hcnlFeHByZXNzaW9uKHBhcmVudCkpIHJldHVybiBmYWxzZVxuICBjb25zdCB7IGtpbmQgfSA9IHBhcmVudC5vcGVyYXRvclRva2VuXG4gIGNvbnN0IGlzQ29tcGFyaXNvbiA9IGtpbmQgPT09IHRzLlN5bnRheEtpbmQuRXF1YWxzRXF1YWxzRXF1YWxzVG9rZW4gfHwga2luZCA9PT0gdHMuU3ludGF4S2luZC5FeGNsYW1hdGlvbkVxdWFsc0VxdWFsc1Rva2VuXG4gIHJldHVybiBpc0NvbXBhcmlzb24gJiYgdHMuaXNJZGVudGlmaWVyKHBhcmVudC5yaWdodCkgJiYgcGFyZW50LnJpZ2h0LnRleHQgPT09ICd1bmRlZmluZWQnXG59XG4iLCAiY29uc3QgX19pbmplY3RlZF9maWxlbmFtZV9fID0gXCIvd29yay93dC9zdXJwcmlzZS9idWlsZC9yZWZlcmVuY2VzLnRzXCI7Y29uc3QgX19pbmplY3RlZF9kaXJuYW1lX18gPSBcIi93b3JrL3d0L3N1cnByaXNlL2J1aWxkXCI7Y29uc3QgX19pbmplY3RlZF9pbXBvcnRfbWV0YV91cmxfXyA9IFwiZmlsZTovLy93b3JrL3d0L3N1cnByaXNlL2J1aWxkL3JlZmVyZW5jZXMudHNcIjtpbXBvcnQgdHMgZnJvbSAndHlwZXNjcmlwdCdcbmltcG9ydCB0eXBlIHsgU291cmNlcyB9IGZyb20gJy4vcHJvZ3JhbS5qcydcblxuLyoqIFdoZXJlIHRoZSBzb3VyY2VzIG5hbWUgd2hhdCB0aGV5IGRlY2xhcmUuICovXG5leHBvcnQgY2xhc3MgUmVmZXJlbmNlcyB7XG4gIHByaXZhdGUgcmVhZG9ubHkgY2hlY2tlcjogdHMuVHlwZUNoZWNrZXJcbiAgcHJpdmF0ZSByZWFkb25seSB1c2VzID0gbmV3IE1hcDx0cy5TeW1ib2wsIHRzLklkZW50aWZpZXJbXT4oKVxuXG4gIGNvbnN0cnVjdG9yKHsgY2hlY2tlciwgZmlsZXMgfTogU291cmNlcykge1xuICAgIHRoaXMuY2hlY2tlciA9IGNoZWNrZXJcbiAgICBjb25zdCB2aXNpdCA9IChub2RlOiB0cy5Ob2RlKTogdm9pZCA9PiB7XG4gICAgICBpZiAodHMuaXNJZGVudGlmaWVyKG5vZGUpKSB0aGlzLm5vdGUobm9kZSlcbiAgICAgIHRzLmZvckVhY2hDaGlsZChub2RlLCB2aXNpdClcbiAgICB9XG4gICAgZmlsZXMuZm9yRWFjaCh2aXNpdClcbiAgfVxuXG4gIC8qKiBXaGVyZSBhIHN5bWJvbCBpcyBuYW1lZCwgaXRzIGRlY2xhcmF0aW9uIGFzaWRlLiAqL1xuICB1c2VzT2Yoc3ltYm9sOiB0cy5TeW1ib2wpOiByZWFkb25seSB0cy5JZGVudGlmaWVyW10ge1xuICAgIHJldHVybiB0aGlzLnVzZXMuZ2V0KHN5bWJvbCkgPz8gW11cbiAgfVxuXG4gIC8qKiBXaGF0IGFuIGlkZW50aWZpZXIgbWVhbnMsIGF0IHRoZSBvdGhlciBlbmQgb2YgaW1wb3J0cy4gKi9cbiAgc3ltYm9sQXQobm9kZTogdHMuTm9kZSk6IHRzLlN5bWJvbCB8IHVuZGVmaW5lZCB7XG4gICAgY29uc3QgaXNTaG9ydGhhbmQgPSB0cy5pc1Nob3J0aGFuZFByb3BlcnR5QXNzaWdubWVudChub2RlLnBhcmVudCkgJiYgbm9kZS5wYXJlbnQubmFtZSA9PT0gbm9kZVxuICAgIGNvbnN0IHN5bWJvbCA9IGlzU2hvcnRoYW5kXG4gICAgICA/IHRoaXMuY2hlY2tlci5nZXRTaG9ydGhhbmRBc3NpZ25tZW50VmFsdWVTeW1ib2wobm9kZS5wYXJlbnQpXG4gICAgICA6IHRoaXMuY2hlY2tlci5nZXRTeW1ib2xBdExvY2F0aW9uKG5vZGUpXG4gICAgcmV0dXJuIHN5bWJvbCAmJiBzeW1ib2wuZmxhZ3MgJiB0cy5TeW1ib2xGbGFncy5BbGlhcyA/IHRoaXMuY2hlY2tlci5nZXRBbGlhc2VkU3ltYm9sKHN5bWJvbCkgOiBzeW1ib2xcbiAgfVxuXG4gIC8qKiBUaGUgc3ltYm9sIHRoYXQgYSBmdW5jdGlvbiBpcyBjYWxsZWQgYnksIHdoZXJlIGl0IGhhcyBhIG5hbWUuICovXG4gIHN5bWJvbE9mKG93bmVyOiB0cy5TaWduYXR1cmVEZWNsYXJhdGlvbik6IHRzLlN5bWJvbCB8IHVuZGVmaW5lZCB7XG4gICAgY29uc3QgbmFtZWQgPSB0cy5pc0Fycm93RnVuY3Rpb24ob3duZXIpID8gb3duZXIucGFyZW50IDogb3duZXJcbiAgICBjb25zdCBpc05hbWVkID0gdHMuaXNGdW5jdGlvbkRlY2xhcmF0aW9uKG5hbWVkKSB8fCB0cy5pc1ZhcmlhYmxlRGVjbGFyYXRpb24obmFtZWQpIHx8IHRzLmlzTWV0aG9kRGVjbGFyYXRpb24obmFtZWQpXG4gICAgcmV0dXJuIGlzTmFtZWQgJiYgbmFtZWQubmFtZSA/IHRoaXMuY2hlY2tlci5nZXRTeW1ib2xBdExvY2F0aW9uKG5hbWVkLm5hbWUpIDogdW5kZWZpbmVkXG4gIH1cblxuICAvKiogVGhlIGNhbGxzIG9mIGEgZnVuY3Rpb24gb3IgbWV0aG9kLiAqL1xuICBjYWxsc09mKHN5bWJvbDogdHMuU3ltYm9sKTogdHMuQ2FsbEV4cHJlc3Npb25bXSB7XG4gICAgY29uc3QgY2FsbHMgPSB0aGlzLnVzZXNPZihzeW1ib2wpLm1hcCgodXNlKSA9PiB7XG4gICAgICBjb25zdCBjYWxsZWUgPSB0cy5pc1Byb3BlcnR5QWNjZXNzRXhwcmVzc2lvbih1c2UucGFyZW50KSA/IHVzZS5wYXJlbnQgOiB1c2VcbiAgICAgIHJldHVybiB0cy5pc0NhbGxFeHByZXNzaW9uKGNhbGxlZS5wYXJlbnQpICYmIGNhbGxlZS5wYXJlbnQuZXhwcmVzc2lvbiA9PT0gY2FsbGVlID8gY2FsbGVlLnBhcmVudCA6IHVuZGVmaW5lZFxuICAgIH0pXG4gICAgcmV0dXJuIGNhbGxzLmZpbHRlcigoY2FsbCkgPT4gY2FsbCAhPT0gdW5kZWZpbmVkKVxuICB9XG5cbiAgcHJpdmF0ZSBub3RlKG5vZGU6IHRzLklkZW50aWZpZXIpOiB2b2lkIHtcbiAgICBjb25zdCBzeW1ib2wgPSB0aGlzLnN5bWJvbEF0KG5vZGUpXG4gICAgY29uc3QgaXNEZWNsYXJlZCA9IHN5bWJvbD8uZGVjbGFyYXRpb25zPy5zb21lKChkZWNsYXJhdGlvbikgPT4gKGRlY2xhcmF0aW9uIGFzIHRzLk5hbWVkRGVjbGFyYXRpb24pLm5hbWUgPT09IG5vZGUpXG4gICAgaWYgKHN5bWJvbCA9PT0gdW5kZWZpbmVkIHx8IGlzRGVjbGFyZWQpIHJldHVyblxuICAgIGNvbnN0IGtub3duID0gdGhpcy51c2VzLmdldChzeW1ib2wpXG4gICAgaWYgKGtub3duID09PSB1bmRlZmluZWQpIHRoaXMudXNlcy5zZXQoc3ltYm9sLCBbbm9kZV0pXG4gICAgZWxzZSBrbm93bi5wdXNoKG5vZGUpXG4gIH1cbn1cblxuLyoqIFdoZXRoZXIgdGhpcyBtYWtlcyBhbiBlcnJvcjogaXRzIGFyZ3VtZW50cyBhcmUgYSBjb2RlIGFuZCBhIHNlbnRlbmNlLiAqL1xuZXhwb3J0IGZ1bmN0aW9uIGlzTmV3RXJyb3Iobm9kZTogdHMuTm9kZSk6IG5vZGUgaXMgdHMuTmV3RXhwcmVzc2lvbiB7XG4gIHJldHVybiB0cy5pc05ld0V4cHJlc3Npb24obm9kZSkgJiYgdHMuaXNJZGVudGlmaWVyKG5vZGUuZXhwcmVzc2lvbikgJiYgbm9kZS5leHByZXNzaW9uLnRleHQgPT09ICdQMlBFcnJvcidcbn1cbiJdLAogICJtYXBwaW5ncyI6ICI7QUFBaU0sU0FBUyxxQkFBcUI7QUFDL04sU0FBUyxxQkFBcUI7QUFFOUIsU0FBUyxvQkFBa0M7OztBQ0twQyxTQUFTLE9BQU8sTUFBYyxPQUFnQztBQUNuRSxRQUFNLFFBQWtCLENBQUM7QUFDekIsTUFBSSxNQUFNO0FBQ1YsYUFBVyxRQUFRLENBQUMsR0FBRyxLQUFLLEVBQUUsS0FBSyxDQUFDLEdBQUcsTUFBTSxFQUFFLFFBQVEsRUFBRSxTQUFTLEVBQUUsTUFBTSxFQUFFLEdBQUcsR0FBRztBQUNoRixVQUFNLEtBQUssS0FBSyxNQUFNLEtBQUssS0FBSyxLQUFLLEdBQUcsS0FBSyxJQUFJO0FBQ2pELFVBQU0sS0FBSztBQUFBLEVBQ2I7QUFDQSxTQUFPLE1BQU0sS0FBSyxFQUFFLElBQUksS0FBSyxNQUFNLEdBQUc7QUFDeEM7OztBQ2hCeU4sU0FBUyxhQUFhLG9CQUFvQjtBQUNuUSxTQUFTLFlBQVk7QUFDckIsT0FBTyxRQUFRO0FBZ0JSLFNBQVMsY0FBY0EsVUFBa0IsU0FBNEIsVUFBdUM7QUFDakgsUUFBTSxFQUFFLFNBQVMsU0FBUyxNQUFNLElBQUlBO0FBQ3BDLFFBQU0sTUFBTSxJQUFJLElBQUksS0FBSztBQUN6QixRQUFNLFNBQVMsb0JBQUksSUFBWTtBQUMvQixRQUFNLFVBQVUsb0JBQUksSUFBWSxDQUFDLEdBQUcsY0FBYyxTQUFTLFNBQVMsT0FBTyxHQUFHLEdBQUcsUUFBUSxRQUFRLENBQUMsQ0FBQztBQUNuRyxRQUFNLFNBQVMsQ0FBQyxZQUNiLE9BQU8sZ0JBQWdCLENBQUMsR0FBRyxTQUFTLEtBQ3JDLE9BQU8sYUFBYyxNQUFNLENBQUMsZ0JBQWdCO0FBQzFDLFVBQU0sUUFBUSxZQUFZO0FBQzFCLFVBQU0sV0FDSixHQUFHLFlBQVksS0FBSyxLQUNwQixHQUFHLHVCQUF1QixLQUFLLEtBQzlCLEdBQUcsa0JBQWtCLEtBQUssS0FBSyxHQUFHLHVCQUF1QixNQUFNLE1BQU0sS0FDckUsR0FBRyxZQUFZLFdBQVcsS0FBSyxHQUFHLHlCQUF5QixLQUFLO0FBQ25FLFdBQU8sWUFBWSxJQUFJLElBQUksWUFBWSxjQUFjLENBQUM7QUFBQSxFQUN4RCxDQUFDO0FBQ0gsUUFBTSxPQUFPLENBQUMsTUFBYyxXQUFrQztBQUM1RCxRQUFJLFdBQVcsVUFBYSxPQUFPLE1BQU0sRUFBRyxRQUFPLElBQUksSUFBSTtBQUFBLFFBQ3RELFNBQVEsSUFBSSxJQUFJO0FBQUEsRUFDdkI7QUFFQSxRQUFNLFFBQVEsQ0FBQyxTQUFxQyxTQUF3QztBQUMxRixVQUFNLE9BQU8sUUFBUSxrQkFBa0IsT0FBTztBQUM5QyxRQUFJLFNBQVMsT0FBVyxRQUFPO0FBQy9CLFVBQU0sUUFBUSxLQUFLLFFBQVEsSUFBSSxLQUFLLFFBQVEsQ0FBQyxJQUFJO0FBQ2pELFVBQU0sUUFBUSxNQUFNLFFBQVEsQ0FBQyxTQUFTLFFBQVEsa0JBQWtCLFFBQVEsbUJBQW1CLElBQUksR0FBRyxJQUFJLEtBQUssQ0FBQyxDQUFDO0FBQzdHLFdBQU8sTUFBTSxTQUFTLEtBQUssTUFBTSxNQUFNLE1BQU0sSUFBSSxNQUFNLENBQUMsSUFBSTtBQUFBLEVBQzlEO0FBQ0EsUUFBTSxRQUFRLENBQUMsU0FBd0I7QUFFckMsUUFBSSxPQUFPLElBQUksR0FBRztBQUNoQixZQUFNLEtBQUssY0FBZSxDQUFDLENBQUU7QUFDN0I7QUFBQSxJQUNGO0FBQ0EsUUFBSSxHQUFHLG9CQUFvQixJQUFJLEtBQUssV0FBVyxLQUFLLEtBQUssSUFBSSxFQUFHLFNBQVEsSUFBSSxLQUFLLElBQUk7QUFDckYsUUFBSSxHQUFHLDJCQUEyQixJQUFJLEdBQUc7QUFDdkMsWUFBTSxPQUFPLFFBQVEsa0JBQWtCLEtBQUssVUFBVTtBQUN0RCxZQUFNLFFBQVEsS0FBSyxRQUFRLElBQUksS0FBSyxRQUFRLENBQUMsSUFBSTtBQUNqRCxZQUFNLFVBQVUsTUFBTSxJQUFJLENBQUMsU0FBUyxRQUFRLGtCQUFrQixRQUFRLG1CQUFtQixJQUFJLEdBQUcsS0FBSyxLQUFLLElBQUksQ0FBQztBQUMvRyxZQUFNLFFBQVEsUUFBUSxPQUFPLENBQUMsV0FBVyxXQUFXLE1BQVM7QUFDN0QsVUFBSSxNQUFNLFdBQVcsRUFBRyxNQUFLLEtBQUssS0FBSyxNQUFNLFFBQVEsb0JBQW9CLEtBQUssSUFBSSxDQUFDO0FBQUEsVUFDOUUsWUFBVyxVQUFVLE1BQU8sTUFBSyxLQUFLLEtBQUssTUFBTSxNQUFNO0FBQUEsSUFDOUQsWUFDRyxHQUFHLHFCQUFxQixJQUFJLEtBQzNCLEdBQUcsOEJBQThCLElBQUksS0FDckMsR0FBRyxvQkFBb0IsSUFBSSxLQUMzQixHQUFHLFdBQVcsSUFBSSxNQUNwQixHQUFHLDBCQUEwQixLQUFLLE1BQU0sR0FDeEM7QUFDQSxVQUFJLEdBQUcsYUFBYSxLQUFLLElBQUksRUFBRyxNQUFLLEtBQUssS0FBSyxNQUFNLE1BQU0sS0FBSyxRQUFRLEtBQUssS0FBSyxJQUFJLENBQUM7QUFBQSxJQUN6RixXQUFXLEdBQUcsaUJBQWlCLElBQUksS0FBSyxHQUFHLHVCQUF1QixLQUFLLE1BQU0sS0FBSyxLQUFLLG1CQUFtQixRQUFXO0FBQ25ILFlBQU0sT0FBTyxLQUFLLGdCQUFnQixLQUFLO0FBQ3ZDLFVBQUksR0FBRyxhQUFhLElBQUksR0FBRztBQUN6QixjQUFNLE9BQU8sUUFBUSxrQkFBa0IsS0FBSyxNQUFNO0FBQ2xELGNBQU0sUUFBUSxLQUFLLFFBQVEsSUFBSSxLQUFLLFFBQVEsQ0FBQyxJQUFJO0FBQ2pELG1CQUFXLFFBQVEsTUFBTyxNQUFLLEtBQUssTUFBTSxRQUFRLGtCQUFrQixRQUFRLG1CQUFtQixJQUFJLEdBQUcsS0FBSyxJQUFJLENBQUM7QUFBQSxNQUNsSDtBQUFBLElBQ0YsV0FDRSxHQUFHLG9CQUFvQixJQUFJLEtBQzNCLEdBQUcsa0JBQWtCLEtBQUssTUFBTSxLQUNoQyxDQUFDLEdBQUcsdUJBQXVCLEtBQUssT0FBTyxNQUFNLEtBQzdDLEdBQUcsYUFBYSxLQUFLLElBQUksR0FDekI7QUFDQSxjQUFRLElBQUksS0FBSyxLQUFLLElBQUk7QUFBQSxJQUM1QjtBQUNBLE9BQUcsYUFBYSxNQUFNLEtBQUs7QUFBQSxFQUM3QjtBQUNBLFFBQU0sUUFBUSxLQUFLO0FBQ25CLFNBQU8sQ0FBQyxHQUFHLE1BQU0sRUFBRSxPQUFPLENBQUMsU0FBUyxDQUFDLFFBQVEsSUFBSSxJQUFJLEtBQUssS0FBSyxTQUFTLENBQUMsRUFBRSxLQUFLO0FBQ2xGO0FBR0EsU0FBUyxjQUFjLFNBQXFCLFNBQXlCLFNBQXlDO0FBQzVHLFFBQU0sUUFBUSxvQkFBSSxJQUFZO0FBQzlCLFFBQU0sUUFBUSxvQkFBSSxJQUFhO0FBQy9CLFFBQU1DLFlBQVcsb0JBQUksSUFBZTtBQUNwQyxRQUFNLE1BQU0sQ0FBQyxTQUFvQztBQUMvQyxRQUFJLFNBQVMsT0FBVyxPQUFNLElBQUksSUFBSTtBQUFBLEVBQ3hDO0FBS0EsUUFBTSxVQUFVLENBQUMsU0FBMkI7QUFDMUMsVUFBTSxTQUFTLEtBQUssZUFBZSxLQUFLO0FBQ3hDLFFBQUksV0FBVyxPQUFXLFFBQU87QUFDakMsUUFBSUEsVUFBUyxJQUFJLE1BQU0sRUFBRyxRQUFPO0FBQ2pDLElBQUFBLFVBQVMsSUFBSSxNQUFNO0FBRW5CLFFBQUksT0FBTyxRQUFRLEdBQUcsWUFBWSxLQUFNLFdBQVUsUUFBUSx3QkFBd0IsTUFBTSxDQUFDO0FBQ3pGLFFBQUksT0FBTyxRQUFRLEdBQUcsWUFBWSxNQUFPLFdBQVUsUUFBUSxnQkFBZ0IsTUFBTSxDQUFDO0FBQ2xGLFdBQU87QUFBQSxFQUNUO0FBRUEsUUFBTSxjQUFjLENBQUMsU0FBd0I7QUFDM0MsUUFBSSxHQUFHLG9CQUFvQixJQUFJLEVBQUcsWUFBVyxZQUFZLEtBQUssaUJBQWlCLENBQUMsRUFBRyxLQUFJLFFBQVEsb0JBQW9CLFFBQVEsQ0FBQztBQUM1SCxPQUFHLGFBQWEsTUFBTSxXQUFXO0FBQUEsRUFDbkM7QUFFQSxRQUFNLFlBQVksQ0FBQyxpQkFDakIsYUFBYSxTQUFTLEtBQ3RCLGFBQWE7QUFBQSxJQUNYLENBQUMsZ0JBQ0MsUUFBUSwyQkFBMkIsWUFBWSxjQUFjLENBQUMsS0FDOUQsWUFBWSxjQUFjLEVBQUUsU0FBUyxTQUFTLGdCQUFnQjtBQUFBLEVBQ2xFO0FBQ0YsUUFBTSxPQUFPLENBQUMsU0FBd0I7QUFDcEMsUUFBSSxLQUFLLHNCQUFzQixFQUFHLE1BQUssTUFBTSxRQUFRLEdBQUc7QUFDeEQsZUFBVyxZQUFZLFlBQVksSUFBSSxJQUFJLFFBQVEsaUJBQWlCLElBQUksSUFBSSxDQUFDLEVBQUcsS0FBSSxRQUFRO0FBQzVGLFNBQUssb0JBQW9CLFFBQVEsR0FBRztBQUNwQyxTQUFLLGFBQWEsY0FBYyxRQUFRLFdBQVc7QUFDbkQsUUFBSSxLQUFLLGdCQUFnQixFQUFHLEtBQUksS0FBSyxjQUFjLENBQUM7QUFDcEQsUUFBSSxLQUFLLFFBQVEsR0FBRyxVQUFVLGFBQWE7QUFDekMsWUFBTSxFQUFFLEtBQUssSUFBSyxLQUE0QjtBQUM5QyxVQUFJLFFBQVEsb0JBQW9CLEtBQUssUUFBUSxDQUFDO0FBQzlDLFVBQUksUUFBUSxvQkFBb0IsS0FBSyxTQUFTLENBQUM7QUFBQSxJQUNqRDtBQUNBLFFBQUksS0FBSyxRQUFRLEdBQUcsVUFBVSxVQUFVLENBQUMsVUFBVSxLQUFLLFFBQVEsZ0JBQWdCLENBQUMsQ0FBQyxLQUFLLFFBQVEsSUFBSSxFQUFHLFdBQVUsSUFBSTtBQUFBLEVBQ3RIO0FBQ0EsUUFBTSxZQUFZLENBQUMsU0FBd0I7QUFDekMsVUFBTSxhQUFhLFFBQVEsb0JBQW9CLElBQUksRUFBRSxPQUFPLENBQUMsYUFBYSxDQUFDLFVBQVUsUUFBUSxDQUFDO0FBQzlGLFNBQUssYUFBYSxHQUFHLFFBQVEsR0FBRztBQUNoQyxlQUFXLFlBQVksWUFBWTtBQUNqQyxZQUFNLElBQUksU0FBUyxJQUFJO0FBQ3ZCLFVBQUksU0FBUyxjQUFjLE9BQVEsS0FBSSxRQUFRLGdCQUFnQixRQUFRLENBQUM7QUFBQSxJQUMxRTtBQUNBLGVBQVcsYUFBYSxDQUFDLEdBQUcsS0FBSyxrQkFBa0IsR0FBRyxHQUFHLEtBQUssdUJBQXVCLENBQUMsR0FBRztBQUN2RixVQUFJLFVBQVUsY0FBYyxDQUFDO0FBQzdCLGlCQUFXLGFBQWEsVUFBVSxjQUFjLEVBQUcsS0FBSSxRQUFRLGdCQUFnQixTQUFTLENBQUM7QUFDekYsZ0JBQVUsa0JBQWtCLEdBQUcsUUFBUSxHQUFHO0FBQUEsSUFDNUM7QUFDQSxlQUFXLFNBQVMsUUFBUSxvQkFBb0IsSUFBSSxFQUFHLEtBQUksTUFBTSxJQUFJO0FBQUEsRUFDdkU7QUFDQSxhQUFXQyxVQUFTLFNBQVM7QUFDM0IsVUFBTSxPQUFPLFFBQVEsY0FBY0EsTUFBSztBQUN4QyxVQUFNLFNBQVMsUUFBUSxRQUFRLG9CQUFvQixJQUFJO0FBQ3ZELGVBQVcsVUFBVSxXQUFXLFNBQVksQ0FBQyxJQUFJLFFBQVEsbUJBQW1CLE1BQU0sR0FBRztBQUNuRixZQUFNLFNBQVMsT0FBTyxRQUFRLEdBQUcsWUFBWSxRQUFRLFFBQVEsaUJBQWlCLE1BQU0sSUFBSTtBQUN4RixVQUFJLE9BQU8sUUFBUSxHQUFHLFlBQVksTUFBTyxLQUFJLFFBQVEsZ0JBQWdCLE1BQU0sQ0FBQztBQUM1RSxVQUFJLE9BQU8sUUFBUSxHQUFHLFlBQVksS0FBTSxLQUFJLFFBQVEsd0JBQXdCLE1BQU0sQ0FBQztBQUFBLElBQ3JGO0FBQUEsRUFDRjtBQUNBLGFBQVcsUUFBUSxNQUFPLE1BQUssSUFBSTtBQUNuQyxTQUFPO0FBQ1Q7QUFHQSxTQUFTLE9BQU8sTUFBaUQ7QUFDL0QsTUFBSSxDQUFDLEdBQUcsb0JBQW9CLElBQUksS0FBSyxDQUFDLEdBQUcsOEJBQThCLElBQUksRUFBRyxRQUFPO0FBQ3JGLFFBQU0sT0FBTyxHQUFHLG9CQUFvQixJQUFJLElBQUksS0FBSyxXQUFXLEtBQUs7QUFDakUsU0FBTyxLQUFLLGVBQWUsV0FBVyxLQUFLLEdBQUcsYUFBYSxJQUFJLEtBQUssZ0JBQWdCLEtBQUssS0FBSyxJQUFJO0FBQ3BHO0FBRUEsU0FBUyxVQUFVLFVBQThCO0FBQy9DLFVBQVEsU0FBUyxnQkFBZ0IsQ0FBQyxHQUFHO0FBQUEsSUFDbkMsQ0FBQyxpQkFBaUIsR0FBRyx5QkFBeUIsV0FBVyxJQUFJLEdBQUcsY0FBYyxhQUFhO0FBQUEsRUFDN0Y7QUFDRjtBQUVBLFNBQVMsWUFBWSxNQUF5QztBQUM1RCxVQUFTLEtBQXVCLGNBQWMsR0FBRyxZQUFZLGVBQWU7QUFDOUU7QUFHQSxTQUFTLFFBQVEsU0FBeUM7QUFDeEQsUUFBTSxRQUFRLG9CQUFJLElBQVk7QUFDOUIsUUFBTSxRQUFRLENBQUMsU0FBd0I7QUFDckMsUUFBSSxHQUFHLG9CQUFvQixJQUFJLEtBQU0sR0FBRyxhQUFhLElBQUksS0FBSyxXQUFXLElBQUksRUFBSSxPQUFNLElBQUksS0FBSyxJQUFJO0FBQ3BHLE9BQUcsYUFBYSxNQUFNLEtBQUs7QUFBQSxFQUM3QjtBQUNBLGFBQVcsVUFBVSxTQUFTO0FBQzVCLGVBQVcsUUFBUSxZQUFZLFFBQVEsRUFBRSxXQUFXLE1BQU0sVUFBVSxPQUFPLENBQUMsR0FBRztBQUM3RSxVQUFJLENBQUMsYUFBYSxLQUFLLElBQUksRUFBRztBQUM5QixZQUFNLEdBQUcsaUJBQWlCLE1BQU0sYUFBYSxLQUFLLFFBQVEsSUFBSSxHQUFHLE1BQU0sR0FBRyxHQUFHLGFBQWEsUUFBUSxNQUFNLEdBQUcsV0FBVyxFQUFFLENBQUM7QUFBQSxJQUMzSDtBQUFBLEVBQ0Y7QUFDQSxTQUFPO0FBQ1Q7QUFHQSxTQUFTLFdBQVcsRUFBRSxPQUFPLEdBQTJCO0FBQ3RELFNBQ0UsR0FBRywyQkFBMkIsTUFBTSxLQUNwQyxHQUFHLDJCQUEyQixNQUFNLEtBQ3BDLEdBQUcsZUFBZSxNQUFNLEtBQ3hCLEdBQUcsaUJBQWlCLE1BQU0sS0FDMUIsR0FBRyxrQkFBa0IsTUFBTSxLQUMzQixHQUFHLGtCQUFrQixNQUFNO0FBRS9COzs7QUMvTXVOLE9BQU9DLFNBQVE7QUFLL04sSUFBTSxlQUFlO0FBVXJCLFNBQVMsZUFBZUMsVUFBdUM7QUFDcEUsUUFBTSxRQUFRLElBQUksYUFBYUEsUUFBTztBQUN0QyxRQUFNQyxXQUFVLG9CQUFJLElBQW9CO0FBQ3hDLGFBQVcsUUFBUUQsU0FBUSxPQUFPO0FBQ2hDLFVBQU0sUUFBZ0IsQ0FBQztBQUN2QixVQUFNLFFBQVEsQ0FBQyxTQUF3QjtBQUNyQyxZQUFNLE9BQU9FLElBQUcsYUFBYSxJQUFJLElBQUksTUFBTSxHQUFHLElBQUksSUFBSSxVQUFVLElBQUksSUFBSSxNQUFNLE1BQU0sSUFBSSxJQUFJO0FBQzVGLFVBQUksU0FBUyxPQUFXLE9BQU0sS0FBSyxFQUFFLE9BQU8sS0FBSyxTQUFTLEdBQUcsS0FBSyxLQUFLLEtBQUssS0FBSyxDQUFDO0FBQ2xGLE1BQUFBLElBQUcsYUFBYSxNQUFNLEtBQUs7QUFBQSxJQUM3QjtBQUNBLFVBQU0sSUFBSTtBQUNWLFFBQUksTUFBTSxTQUFTLEVBQUcsQ0FBQUQsU0FBUSxJQUFJLEtBQUssVUFBVSxLQUFLO0FBQUEsRUFDeEQ7QUFDQSxTQUFPQTtBQUNUO0FBRUEsSUFBTSxlQUFOLE1BQW1CO0FBQUEsRUFNakIsWUFBWSxFQUFFLFNBQVMsTUFBTSxHQUFZO0FBSHpDO0FBQUEsU0FBaUIsU0FBUyxvQkFBSSxJQUFxQztBQUNuRSxTQUFpQixRQUFRLG9CQUFJLElBQXVCO0FBR2xELFNBQUssVUFBVTtBQUNmLFVBQU0sUUFBUSxDQUFDLFNBQXdCO0FBQ3JDLFVBQUlDLElBQUcsWUFBWSxJQUFJLEVBQUcsTUFBSyxNQUFNLElBQUk7QUFDekMsTUFBQUEsSUFBRyxhQUFhLE1BQU0sS0FBSztBQUFBLElBQzdCO0FBQ0EsVUFBTSxRQUFRLEtBQUs7QUFBQSxFQUNyQjtBQUFBO0FBQUEsRUFHQSxHQUFHLE1BQXlDO0FBQzFDLFVBQU0sRUFBRSxRQUFRLEtBQUssSUFBSTtBQUV6QixRQUNFQSxJQUFHLGlCQUFpQixNQUFNLEtBQzFCQSxJQUFHLHVCQUF1QixPQUFPLE1BQU0sTUFDdEMsT0FBTyxnQkFBZ0IsT0FBTyxVQUFVLE1BQ3pDO0FBQ0EsWUFBTSxPQUFPLEtBQUssR0FBRyxLQUFLLFFBQVEsa0JBQWtCLEtBQUssUUFBUSxrQkFBa0IsT0FBTyxNQUFNLEdBQUcsSUFBSSxDQUFDO0FBQ3hHLGFBQU8sU0FBUyxVQUFhLE9BQU8saUJBQWlCLFNBQVksR0FBRyxJQUFJLEtBQUssSUFBSSxLQUFLO0FBQUEsSUFDeEY7QUFDQSxRQUFJQSxJQUFHLDhCQUE4QixNQUFNLEdBQUc7QUFDNUMsWUFBTSxPQUFPLEtBQUssR0FBRyxLQUFLLFFBQVEsa0NBQWtDLE1BQU0sQ0FBQztBQUMzRSxhQUFPLFFBQVEsR0FBRyxJQUFJLEtBQUssSUFBSTtBQUFBLElBQ2pDO0FBQ0EsV0FBTyxLQUFLLEdBQUcsS0FBSyxRQUFRLG9CQUFvQixJQUFJLENBQUM7QUFBQSxFQUN2RDtBQUFBO0FBQUEsRUFHQSxNQUFNLEVBQUUsUUFBUSxLQUFLLEdBQXlDO0FBQzVELFVBQU0sRUFBRSxXQUFXLElBQUksT0FBTztBQUM5QixVQUFNLE9BQU8sS0FBSyxHQUFHLEtBQUssUUFBUSxrQkFBa0IsS0FBSyxRQUFRLG9CQUFvQixVQUFVLEdBQUcsSUFBSSxDQUFDO0FBQ3ZHLFdBQU8sUUFBUSxJQUFJLElBQUk7QUFBQSxFQUN6QjtBQUFBLEVBRVEsR0FBRyxRQUFtRDtBQUM1RCxVQUFNLGNBQWMsUUFBUSxjQUFjLEtBQUtDLFVBQVM7QUFDeEQsV0FBTyxlQUFlLEtBQUssTUFBTSxJQUFJLFNBQVMsV0FBVyxDQUFDO0FBQUEsRUFDNUQ7QUFBQTtBQUFBLEVBR1EsTUFBTSxPQUF3QztBQUNwRCxVQUFNLFFBQVEsS0FBSyxPQUFPLElBQUksS0FBSztBQUNuQyxRQUFJLFVBQVUsT0FBVyxRQUFPO0FBQ2hDLFVBQU0sV0FBVyxNQUFNLGlCQUFpQixLQUFLLENBQUMsRUFBRSxNQUFNLE1BQU0sVUFBVUQsSUFBRyxXQUFXLGNBQWMsR0FBRyxNQUFNLENBQUM7QUFDNUcsVUFBTSxPQUFPLFlBQVksS0FBSyxRQUFRLGtCQUFrQixTQUFTLFVBQVUsRUFBRSxRQUFRO0FBQ3JGLFVBQU0sU0FBUyxTQUFTLFVBQWFBLElBQUcsWUFBWSxJQUFJLElBQUksRUFBRSxHQUFHLEtBQUssTUFBTSxJQUFJLEVBQUUsSUFBSSxFQUFFLEdBQUcsR0FBRyxHQUFHLEVBQUU7QUFDbkcsVUFBTSxRQUFRLE1BQU0sUUFBUSxPQUFPQSxJQUFHLHdCQUF3QixFQUFFLFFBQVEsQ0FBQyxFQUFFLFdBQVcsTUFBTSxDQUFDLEdBQUcsVUFBVSxDQUFDO0FBQzNHLGVBQVcsVUFBVSxDQUFDLEdBQUcsT0FBTyxHQUFHLE1BQU0sT0FBTyxFQUFFLE9BQU9DLFVBQVMsR0FBRztBQUNuRSxZQUFNLFNBQVMsU0FBUyxNQUFNO0FBQzlCLFlBQU0sT0FBT0QsSUFBRyxvQkFBb0IsTUFBTSxJQUFJLE1BQU07QUFDcEQsVUFBSSxDQUFDLEtBQUssTUFBTSxJQUFJLE1BQU0sRUFBRyxNQUFLLE1BQU0sSUFBSSxRQUFRLEdBQUcsSUFBSSxHQUFHLE9BQU8sSUFBSSxHQUFHLEdBQUc7QUFBQSxJQUNqRjtBQUNBLFNBQUssT0FBTyxJQUFJLE9BQU8sTUFBTTtBQUM3QixXQUFPO0FBQUEsRUFDVDtBQUNGO0FBUUEsU0FBUyxTQUFTLGFBQXdDO0FBQ3hELFNBQVEsWUFBdUQ7QUFDakU7QUFFQSxTQUFTQyxXQUFVLGFBQXNDO0FBQ3ZELFFBQU0sV0FBV0QsSUFBRyxlQUFlLFdBQVcsS0FBS0EsSUFBRyxZQUFZLFdBQVc7QUFDN0UsU0FBTyxhQUFhQSxJQUFHLHlCQUF5QixXQUFXLElBQUlBLElBQUcsY0FBYyxhQUFhO0FBQy9GO0FBRUEsU0FBUyxVQUFVLE1BQXlDO0FBQzFELFNBQU9BLElBQUcsZ0JBQWdCLElBQUksS0FBS0EsSUFBRyxrQkFBa0IsS0FBSyxNQUFNLEtBQUtBLElBQUcsd0JBQXdCLEtBQUssT0FBTyxNQUFNO0FBQ3ZIOzs7QUNoSDJNLFNBQVMsZUFBZTtBQUNuTyxPQUFPRSxTQUFRO0FBU1IsU0FBUyxZQUFZLFFBQXlCO0FBQ25ELFFBQU1DLFFBQU8sUUFBUSxNQUFNO0FBQzNCLFFBQU0sT0FBTyxFQUFFLEdBQUdDLElBQUcsZUFBZSxRQUFRQSxJQUFHLElBQUksUUFBUSxFQUFFLFFBQVEsU0FBUyxDQUFDLEtBQUssRUFBRTtBQUN0RixRQUFNLEVBQUUsU0FBUyxVQUFVLElBQUlBLElBQUcsMkJBQTJCLE1BQU1BLElBQUcsS0FBS0QsS0FBSTtBQUMvRSxRQUFNLFVBQVVDLElBQUcsY0FBYyxXQUFXLE9BQU87QUFFbkQsUUFBTSxXQUFXLENBQUMsYUFBcUIsU0FBUyxXQUFXLEdBQUdELEtBQUksb0JBQW9CO0FBQ3RGLFFBQU0sUUFBUSxRQUFRLGVBQWUsRUFBRSxPQUFPLENBQUMsRUFBRSxTQUFTLE1BQU0sU0FBUyxXQUFXLEdBQUdBLEtBQUksT0FBTyxLQUFLLENBQUMsU0FBUyxRQUFRLENBQUM7QUFDMUgsU0FBTyxFQUFFLFNBQVMsU0FBUyxRQUFRLGVBQWUsR0FBRyxNQUFNO0FBQzdEOzs7QUNuQitNLFNBQVMsV0FBQUUsVUFBUyxlQUFlO0FBQ2hQLE9BQU9DLFNBQVE7OztBQ0RrTSxPQUFPQyxTQUFRO0FBSXpOLElBQU0sYUFBTixNQUFpQjtBQUFBLEVBSXRCLFlBQVksRUFBRSxTQUFTLE1BQU0sR0FBWTtBQUZ6QyxTQUFpQixPQUFPLG9CQUFJLElBQWdDO0FBRzFELFNBQUssVUFBVTtBQUNmLFVBQU0sUUFBUSxDQUFDLFNBQXdCO0FBQ3JDLFVBQUlDLElBQUcsYUFBYSxJQUFJLEVBQUcsTUFBSyxLQUFLLElBQUk7QUFDekMsTUFBQUEsSUFBRyxhQUFhLE1BQU0sS0FBSztBQUFBLElBQzdCO0FBQ0EsVUFBTSxRQUFRLEtBQUs7QUFBQSxFQUNyQjtBQUFBO0FBQUEsRUFHQSxPQUFPLFFBQTZDO0FBQ2xELFdBQU8sS0FBSyxLQUFLLElBQUksTUFBTSxLQUFLLENBQUM7QUFBQSxFQUNuQztBQUFBO0FBQUEsRUFHQSxTQUFTLE1BQXNDO0FBQzdDLFVBQU0sY0FBY0EsSUFBRyw4QkFBOEIsS0FBSyxNQUFNLEtBQUssS0FBSyxPQUFPLFNBQVM7QUFDMUYsVUFBTSxTQUFTLGNBQ1gsS0FBSyxRQUFRLGtDQUFrQyxLQUFLLE1BQU0sSUFDMUQsS0FBSyxRQUFRLG9CQUFvQixJQUFJO0FBQ3pDLFdBQU8sVUFBVSxPQUFPLFFBQVFBLElBQUcsWUFBWSxRQUFRLEtBQUssUUFBUSxpQkFBaUIsTUFBTSxJQUFJO0FBQUEsRUFDakc7QUFBQTtBQUFBLEVBR0EsU0FBUyxPQUF1RDtBQUM5RCxVQUFNLFFBQVFBLElBQUcsZ0JBQWdCLEtBQUssSUFBSSxNQUFNLFNBQVM7QUFDekQsVUFBTSxVQUFVQSxJQUFHLHNCQUFzQixLQUFLLEtBQUtBLElBQUcsc0JBQXNCLEtBQUssS0FBS0EsSUFBRyxvQkFBb0IsS0FBSztBQUNsSCxXQUFPLFdBQVcsTUFBTSxPQUFPLEtBQUssUUFBUSxvQkFBb0IsTUFBTSxJQUFJLElBQUk7QUFBQSxFQUNoRjtBQUFBO0FBQUEsRUFHQSxRQUFRLFFBQXdDO0FBQzlDLFVBQU0sUUFBUSxLQUFLLE9BQU8sTUFBTSxFQUFFLElBQUksQ0FBQyxRQUFRO0FBQzdDLFlBQU0sU0FBU0EsSUFBRywyQkFBMkIsSUFBSSxNQUFNLElBQUksSUFBSSxTQUFTO0FBQ3hFLGFBQU9BLElBQUcsaUJBQWlCLE9BQU8sTUFBTSxLQUFLLE9BQU8sT0FBTyxlQUFlLFNBQVMsT0FBTyxTQUFTO0FBQUEsSUFDckcsQ0FBQztBQUNELFdBQU8sTUFBTSxPQUFPLENBQUMsU0FBUyxTQUFTLE1BQVM7QUFBQSxFQUNsRDtBQUFBLEVBRVEsS0FBSyxNQUEyQjtBQUN0QyxVQUFNLFNBQVMsS0FBSyxTQUFTLElBQUk7QUFDakMsVUFBTSxhQUFhLFFBQVEsY0FBYyxLQUFLLENBQUMsZ0JBQWlCLFlBQW9DLFNBQVMsSUFBSTtBQUNqSCxRQUFJLFdBQVcsVUFBYSxXQUFZO0FBQ3hDLFVBQU0sUUFBUSxLQUFLLEtBQUssSUFBSSxNQUFNO0FBQ2xDLFFBQUksVUFBVSxPQUFXLE1BQUssS0FBSyxJQUFJLFFBQVEsQ0FBQyxJQUFJLENBQUM7QUFBQSxRQUNoRCxPQUFNLEtBQUssSUFBSTtBQUFBLEVBQ3RCO0FBQ0Y7QUFHTyxTQUFTLFdBQVcsTUFBeUM7QUFDbEUsU0FBT0EsSUFBRyxnQkFBZ0IsSUFBSSxLQUFLQSxJQUFHLGFBQWEsS0FBSyxVQUFVLEtBQUssS0FBSyxXQUFXLFNBQVM7QUFDbEc7OztBRHJEQSxJQUFNLFVBQVU7QUFDaEIsSUFBTSxRQUFRO0FBR2QsSUFBTSxhQUFhO0FBR25CLElBQU0sUUFBUTtBQVdQLFNBQVMsY0FBY0MsVUFBa0JDLFFBQW9DO0FBQ2xGLFFBQU0sU0FBUyxVQUFVRCxVQUFTQyxNQUFLO0FBQ3ZDLFFBQU0sU0FBUyxJQUFJLE9BQU9ELFVBQVMsTUFBTTtBQUN6QyxRQUFNLFFBQWlELENBQUM7QUFDeEQsTUFBSTtBQUNKLFFBQU0sUUFBUSxDQUFDLFNBQXdCO0FBQ3JDLFFBQUlFLElBQUcsb0JBQW9CLElBQUksS0FBSyxLQUFLLEtBQUssVUFBVSxjQUFjLE9BQU8sV0FBVyxJQUFJO0FBQzFGLFlBQU0sS0FBSyxFQUFFLE1BQU0sTUFBTSxLQUFLLEtBQUssQ0FBQztBQUN0QyxRQUFJQSxJQUFHLHFCQUFxQixJQUFJLEtBQUssT0FBTyxXQUFXLElBQUksRUFBRyxPQUFNLEtBQUssRUFBRSxNQUFNLE1BQU0sT0FBTyxJQUFJLEVBQUUsQ0FBQztBQUNyRyxRQUFJQSxJQUFHLHNCQUFzQixJQUFJLEtBQUssS0FBSyxLQUFLLFFBQVEsTUFBTSxNQUFPLFNBQVEsS0FBSztBQUNsRixJQUFBQSxJQUFHLGFBQWEsTUFBTSxLQUFLO0FBQUEsRUFDN0I7QUFDQSxhQUFXLFFBQVEsT0FBUSxPQUFNLElBQUk7QUFDckMsUUFBTSxRQUFRLENBQUMsR0FBRyxJQUFJLElBQUksTUFBTSxJQUFJLENBQUMsRUFBRSxLQUFLLE1BQU0sSUFBSSxDQUFDLENBQUMsRUFBRSxLQUFLO0FBQy9ELFFBQU0sUUFBUSxNQUFNLEtBQUssQ0FBQyxTQUFTLEtBQUssU0FBUyxPQUFPLENBQUM7QUFDekQsTUFBSSxVQUFVLE9BQVcsT0FBTSxJQUFJLE1BQU0sMkJBQTJCLE9BQU8sS0FBSyxLQUFLLEVBQUU7QUFDdkYsUUFBTSxRQUFRLG9CQUFJLElBQW9CO0FBQ3RDLFFBQU0sTUFBTSxDQUFDLE1BQWUsU0FBaUI7QUFDM0MsVUFBTSxFQUFFLFNBQVMsSUFBSSxLQUFLLGNBQWM7QUFDeEMsVUFBTSxJQUFJLFVBQVUsQ0FBQyxHQUFJLE1BQU0sSUFBSSxRQUFRLEtBQUssQ0FBQyxHQUFJLEdBQUcsSUFBSSxDQUFDO0FBQUEsRUFDL0Q7QUFDQSxhQUFXLEVBQUUsTUFBTSxLQUFLLEtBQUssTUFBTyxLQUFJLE1BQU0sUUFBUSxNQUFNLE1BQU0sUUFBUSxJQUFJLEdBQUcsUUFBUSxJQUFJLENBQUMsQ0FBQztBQUMvRixNQUFJLE9BQVEsQ0FBQyxFQUFFLE9BQU8sTUFBTyxTQUFTLEdBQUcsS0FBSyxNQUFPLEtBQUssTUFBTSxLQUFLLFVBQVUsTUFBTSxLQUFLLE9BQU8sQ0FBQyxFQUFFLENBQUMsQ0FBQztBQUN0RyxTQUFPO0FBQ1Q7QUFHQSxTQUFTLE9BQU8sRUFBRSxNQUFNLGNBQWMsR0FBa0M7QUFDdEUsUUFBTSxTQUFTLENBQUMsS0FBSyxNQUFNLEdBQUcsY0FBYyxJQUFJLENBQUMsRUFBRSxRQUFRLE1BQU0sUUFBUSxJQUFJLENBQUM7QUFDOUUsUUFBTSxRQUFRLE9BQU8sS0FBSyxDQUFDLFVBQVUsTUFBTSxTQUFTLEtBQUssQ0FBQztBQUMxRCxNQUFJLFVBQVUsT0FBVyxPQUFNLElBQUksTUFBTSx1Q0FBdUMsS0FBSyxLQUFLLEtBQUssRUFBRTtBQUNqRyxTQUFPLE9BQU8sS0FBSyxLQUFLO0FBQzFCO0FBR0EsU0FBUyxRQUFRLE1BQXFCLFFBQWdCLE9BQXdCO0FBQzVFLE1BQUksQ0FBQ0EsSUFBRyxxQkFBcUIsSUFBSTtBQUMvQixXQUFPLENBQUMsRUFBRSxPQUFPLEtBQUssU0FBUyxHQUFHLEtBQUssS0FBSyxLQUFLLE1BQU0sUUFBUSxHQUFHLE1BQU0sS0FBSyxJQUFJLE1BQU0sSUFBSSxDQUFDO0FBQzlGLFFBQU0sRUFBRSxNQUFNLGNBQWMsSUFBSTtBQUNoQyxRQUFNLFFBQVEsQ0FBQyxFQUFFLE9BQU8sS0FBSyxTQUFTLEdBQUcsS0FBSyxLQUFLLEtBQUssTUFBTSxJQUFJLE1BQU0sSUFBSSxDQUFDO0FBQzdFLGFBQVcsQ0FBQyxHQUFHLEVBQUUsUUFBUSxDQUFDLEtBQUssY0FBYyxRQUFRLEdBQUc7QUFDdEQsVUFBTSxLQUFLLEVBQUUsT0FBTyxRQUFRLFNBQVMsR0FBRyxLQUFLLFFBQVEsS0FBSyxNQUFNLE1BQU0sY0FBYyxTQUFTLElBQUksTUFBTSxJQUFJLENBQUM7QUFBQSxFQUM5RztBQUNBLFNBQU87QUFDVDtBQUdBLFNBQVMsUUFBUSxNQUE4QjtBQUM3QyxRQUFNLEVBQUUsT0FBTyxJQUFJO0FBQ25CLFNBQU8sV0FBVyxNQUFNLE1BQU9BLElBQUcsMEJBQTBCLE1BQU0sS0FBSyxTQUFTLElBQUksTUFBTSxRQUFRLE1BQXVCO0FBQzNIO0FBRUEsU0FBUyxTQUFTLE1BQXdCO0FBQ3hDLFFBQU0sRUFBRSxPQUFPLElBQUk7QUFDbkIsU0FBT0EsSUFBRyx3QkFBd0IsTUFBTSxLQUFLLE9BQU8sY0FBYztBQUNwRTtBQUdBLFNBQVMsVUFBVSxFQUFFLFNBQVMsTUFBTSxHQUFZRCxRQUFtQztBQUNqRixRQUFNLE1BQU0sSUFBSSxJQUFJLEtBQUs7QUFDekIsUUFBTSxRQUFRLG9CQUFJLElBQW1CLENBQUMsUUFBUSxjQUFjQSxNQUFLLENBQUUsQ0FBQztBQUNwRSxhQUFXLFFBQVEsT0FBTztBQUN4QixlQUFXLGFBQWEsS0FBSyxZQUFZO0FBQ3ZDLFlBQU0sU0FBVUMsSUFBRyxvQkFBb0IsU0FBUyxLQUFLLENBQUMsVUFBVSxjQUFjLGNBQWUsU0FBUyxTQUFTO0FBQy9HLFVBQUksQ0FBQyxVQUFVLENBQUMsVUFBVSxtQkFBbUIsQ0FBQ0EsSUFBRyxnQkFBZ0IsVUFBVSxlQUFlLEVBQUc7QUFDN0YsWUFBTSxPQUFPLFFBQVFDLFNBQVEsS0FBSyxRQUFRLEdBQUcsVUFBVSxnQkFBZ0IsS0FBSyxRQUFRLFNBQVMsS0FBSyxDQUFDO0FBQ25HLFlBQU0sU0FBUyxRQUFRLGNBQWMsSUFBSTtBQUN6QyxVQUFJLFdBQVcsVUFBYSxJQUFJLElBQUksTUFBTSxFQUFHLE9BQU0sSUFBSSxNQUFNO0FBQUEsSUFDL0Q7QUFBQSxFQUNGO0FBQ0EsU0FBTztBQUNUO0FBRUEsU0FBUyxTQUFTLFdBQTREO0FBQzVFLFNBQU9ELElBQUcsb0JBQW9CLFNBQVMsS0FBSyxDQUFDLFVBQVU7QUFDekQ7QUFHQSxJQUFNLFNBQU4sTUFBYTtBQUFBLEVBTVgsWUFDRUYsVUFDaUIsUUFDakI7QUFEaUI7QUFMbkI7QUFBQSxTQUFpQixXQUFXLG9CQUFJLElBQWU7QUFPN0MsU0FBSyxVQUFVQSxTQUFRO0FBQ3ZCLFNBQUssYUFBYSxJQUFJLFdBQVdBLFFBQU87QUFDeEMsVUFBTSxRQUFRLENBQUMsU0FBd0I7QUFDckMsWUFBTSxTQUFTLEtBQUssVUFBVSxJQUFJO0FBQ2xDLFVBQUksV0FBVyxPQUFXLE1BQUssU0FBUyxJQUFJLE1BQU07QUFDbEQsTUFBQUUsSUFBRyxhQUFhLE1BQU0sS0FBSztBQUFBLElBQzdCO0FBQ0EsSUFBQUYsU0FBUSxNQUFNLFFBQVEsS0FBSztBQUMzQixRQUFJO0FBQ0osT0FBRztBQUNELGVBQVMsS0FBSyxTQUFTO0FBQ3ZCLGlCQUFXLFVBQVUsS0FBSyxTQUFVLEtBQUksQ0FBQyxLQUFLLFVBQVUsTUFBTSxFQUFHLE1BQUssU0FBUyxPQUFPLE1BQU07QUFBQSxJQUM5RixTQUFTLEtBQUssU0FBUyxPQUFPO0FBQUEsRUFDaEM7QUFBQTtBQUFBLEVBR0EsV0FBVyxNQUE4QjtBQUN2QyxVQUFNLEVBQUUsT0FBTyxJQUFJO0FBQ25CLFFBQUlFLElBQUcsMEJBQTBCLE1BQU0sRUFBRyxRQUFPLEtBQUssV0FBVyxNQUFNO0FBQ3ZFLFFBQUksU0FBUyxJQUFJLEtBQUssV0FBVyxJQUFJLEVBQUcsUUFBTyxLQUFLLFdBQVcsTUFBdUI7QUFDdEYsUUFBSSxXQUFXLE1BQU0sRUFBRyxRQUFPLE9BQU8sV0FBVyxRQUFRLElBQUksTUFBTTtBQUNuRSxRQUFJQSxJQUFHLGVBQWUsTUFBTSxFQUFHLFFBQU8sS0FBSyxPQUFPLElBQUksS0FBSyxjQUFjLENBQUMsS0FBSyxLQUFLLFdBQVcsT0FBTyxNQUFNO0FBQzVHLFFBQUlBLElBQUcsaUJBQWlCLE1BQU0sRUFBRyxRQUFPLEtBQUssV0FBVyxLQUFLLFlBQVksUUFBUSxJQUFJLENBQUM7QUFDdEYsU0FBS0EsSUFBRyxzQkFBc0IsTUFBTSxLQUFLQSxJQUFHLFlBQVksTUFBTSxNQUFNLE9BQU8sZ0JBQWdCLE1BQU07QUFDL0YsYUFBTyxLQUFLLFdBQVcsS0FBSyxRQUFRLG9CQUFvQixPQUFPLElBQUksQ0FBQztBQUFBLElBQ3RFO0FBQ0EsUUFBSSxhQUFhLE1BQU0sS0FBSyxPQUFPLFVBQVUsS0FBTSxRQUFPLEtBQUssV0FBVyxLQUFLLFdBQVcsU0FBUyxPQUFPLElBQUksQ0FBQztBQUMvRyxRQUFJQSxJQUFHLGtCQUFrQixNQUFNLEtBQU1BLElBQUcsZ0JBQWdCLE1BQU0sS0FBSyxPQUFPLFNBQVMsTUFBTztBQUN4RixZQUFNLFFBQVFBLElBQUcsZ0JBQWdCLE1BQU0sSUFBSSxTQUFTQSxJQUFHLGFBQWEsUUFBUUEsSUFBRyxjQUFjO0FBQzdGLGFBQU8sVUFBVSxVQUFhLEtBQUssV0FBVyxLQUFLLFdBQVcsU0FBUyxLQUFLLENBQUM7QUFBQSxJQUMvRTtBQUNBLFdBQU87QUFBQSxFQUNUO0FBQUEsRUFFUSxXQUFXLFFBQXdDO0FBQ3pELFdBQU8sV0FBVyxVQUFhLEtBQUssU0FBUyxJQUFJLE1BQU07QUFBQSxFQUN6RDtBQUFBLEVBRVEsVUFBVSxNQUFzQztBQUN0RCxVQUFNLGFBQWFBLElBQUcsc0JBQXNCLElBQUksS0FBSyxDQUFDLFdBQVcsS0FBSyxPQUFPLE1BQU07QUFDbkYsU0FBSyxjQUFlQSxJQUFHLFlBQVksSUFBSSxLQUFLLFFBQVEsS0FBSyxNQUFNLE1BQU9BLElBQUcsYUFBYSxLQUFLLElBQUksR0FBRztBQUNoRyxhQUFPLEtBQUssT0FBTyxLQUFLLFFBQVEsa0JBQWtCLEtBQUssSUFBSSxDQUFDLElBQUksS0FBSyxRQUFRLG9CQUFvQixLQUFLLElBQUksSUFBSTtBQUFBLElBQ2hIO0FBQ0EsUUFBSSxDQUFDQSxJQUFHLHNCQUFzQixJQUFJLEtBQUssQ0FBQ0EsSUFBRyxnQkFBZ0IsSUFBSSxFQUFHLFFBQU87QUFDekUsVUFBTSxXQUFXLEtBQUssUUFBUSw0QkFBNEIsSUFBSSxHQUFHLGNBQWM7QUFDL0UsV0FBTyxhQUFhLFVBQWEsS0FBSyxPQUFPLFFBQVEsSUFBSSxLQUFLLFdBQVcsU0FBUyxJQUFJLElBQUk7QUFBQSxFQUM1RjtBQUFBLEVBRVEsT0FBTyxNQUF3QjtBQUNyQyxVQUFNLFFBQVEsS0FBSyxRQUFRLElBQUksS0FBSyxRQUFRLENBQUMsSUFBSTtBQUNqRCxVQUFNLFFBQVEsTUFBTSxPQUFPLENBQUMsVUFBVSxLQUFLLFFBQVFBLElBQUcsVUFBVSxnQkFBZ0IsQ0FBQztBQUNqRixXQUFPLE1BQU0sU0FBUyxLQUFLLE1BQU0sTUFBTSxDQUFDLFNBQVMsTUFBTSxTQUFTLElBQUksTUFBTSxLQUFLLFFBQVFBLElBQUcsVUFBVSxlQUFlLENBQUM7QUFBQSxFQUN0SDtBQUFBLEVBRVEsVUFBVSxRQUE0QjtBQUM1QyxVQUFNLE9BQU8sS0FBSyxXQUFXLE9BQU8sTUFBTTtBQUMxQyxVQUFNLGFBQWEsT0FBTyxjQUFjO0FBQUEsTUFDdEMsQ0FBQyxnQkFDQ0EsSUFBRyxzQkFBc0IsV0FBVyxLQUNuQ0EsSUFBRyxzQkFBc0IsV0FBVyxLQUNuQyxZQUFZLGdCQUFnQixVQUM1QkEsSUFBRyxnQkFBZ0IsWUFBWSxXQUFXO0FBQUEsSUFDaEQ7QUFDQSxVQUFNLFdBQVcsQ0FBQyxRQUFnQztBQUNoRCxVQUFJQSxJQUFHLGtCQUFrQixJQUFJLE1BQU0sRUFBRyxRQUFPO0FBQzdDLFVBQUksQ0FBQyxXQUFZLFFBQU8sS0FBSyxXQUFXLEdBQUcsS0FBSyxXQUFXLEdBQUcsS0FBTSxhQUFhLElBQUksTUFBTSxLQUFLLElBQUksT0FBTyxTQUFTO0FBQ3BILFlBQU0sT0FBTyxJQUFJO0FBQ2pCLGFBQU9BLElBQUcsaUJBQWlCLElBQUksS0FBSyxLQUFLLGVBQWUsUUFBUSxLQUFLLFdBQVcsSUFBSSxLQUFLLFdBQVcsSUFBSTtBQUFBLElBQzFHO0FBQ0EsV0FBTyxLQUFLLFNBQVMsS0FBSyxLQUFLLE1BQU0sUUFBUTtBQUFBLEVBQy9DO0FBQUE7QUFBQSxFQUdRLFlBQVksTUFBeUIsVUFBZ0Q7QUFDM0YsVUFBTSxJQUFJLEtBQUssVUFBVSxRQUFRLFFBQVE7QUFDekMsVUFBTSxFQUFFLFlBQVksSUFBSSxLQUFLLFFBQVEscUJBQXFCLElBQUksS0FBSyxDQUFDO0FBQ3BFLFFBQUksSUFBSSxLQUFLLGdCQUFnQixVQUFhLENBQUNBLElBQUcsZUFBZSxXQUFXLEtBQUssQ0FBQyxRQUFRLFdBQVcsRUFBRyxRQUFPO0FBQzNHLFVBQU0sT0FBTyxZQUFZLFdBQVcsQ0FBQyxHQUFHO0FBQ3hDLFdBQU8sUUFBUUEsSUFBRyxhQUFhLElBQUksSUFBSSxLQUFLLFFBQVEsb0JBQW9CLElBQUksSUFBSTtBQUFBLEVBQ2xGO0FBQ0Y7QUFHQSxTQUFTLFFBQVEsT0FBeUM7QUFDeEQsTUFBSUEsSUFBRyxvQkFBb0IsS0FBSyxHQUFHO0FBQ2pDLFdBQU8sTUFBTSxTQUFTLFdBQWNBLElBQUcseUJBQXlCLEtBQUssSUFBSUEsSUFBRyxjQUFjLGFBQWE7QUFBQSxFQUN6RztBQUNBLFNBQU9BLElBQUcsZ0JBQWdCLEtBQUssS0FBTUEsSUFBRyxzQkFBc0IsS0FBSyxLQUFLLE1BQU0sU0FBUztBQUN6RjtBQUVBLFNBQVMsV0FBVyxNQUF3QjtBQUMxQyxTQUFPQSxJQUFHLG9CQUFvQixJQUFJLE1BQU0sS0FBSyxXQUFXLEtBQUssQ0FBQyxFQUFFLEtBQUssTUFBTSxTQUFTQSxJQUFHLFdBQVcsYUFBYSxLQUFLO0FBQ3RIO0FBRUEsU0FBUyxhQUFhLE1BQWdFO0FBQ3BGLFNBQU9BLElBQUcsbUJBQW1CLElBQUksS0FBSyxLQUFLLGNBQWMsU0FBU0EsSUFBRyxXQUFXO0FBQ2xGO0FBRUEsU0FBUyxXQUFXLEVBQUUsT0FBTyxHQUFxQjtBQUNoRCxTQUFPQSxJQUFHLG1CQUFtQixNQUFNLEtBQUssT0FBTyxjQUFjLFNBQVNBLElBQUcsV0FBVztBQUN0RjtBQUdBLFNBQVMsV0FBVyxFQUFFLE9BQU8sR0FBcUI7QUFDaEQsTUFBSSxDQUFDQSxJQUFHLG1CQUFtQixNQUFNLEVBQUcsUUFBTztBQUMzQyxRQUFNLEVBQUUsS0FBSyxJQUFJLE9BQU87QUFDeEIsUUFBTSxlQUFlLFNBQVNBLElBQUcsV0FBVywyQkFBMkIsU0FBU0EsSUFBRyxXQUFXO0FBQzlGLFNBQU8sZ0JBQWdCQSxJQUFHLGFBQWEsT0FBTyxLQUFLLEtBQUssT0FBTyxNQUFNLFNBQVM7QUFDaEY7OztBTDdOa0gsSUFBTSwrQkFBK0I7QUFZdkosSUFBTSxZQUFZLEVBQUUsaUJBQWlCLHdCQUF3QixvQkFBb0IsMEJBQTBCO0FBQzNHLElBQU0sU0FBUztBQUdmLElBQU0sV0FBVyxDQUFDLFVBQTJCO0FBQUEsRUFDM0MsTUFBTTtBQUFBLEVBQ04sTUFBTSxFQUFFLFVBQVUsR0FBZ0I7QUFDaEMsY0FBVSxFQUFFLFFBQVEsY0FBYyxHQUFHLENBQUMsRUFBRSxTQUFTLE1BQU8sOEJBQThCLEtBQUssUUFBUSxJQUFJLFNBQVksSUFBSztBQUFBLEVBQzFIO0FBQ0Y7QUFDQSxJQUFNLHNCQUFzQixTQUFTLEVBQUUsTUFBTSxhQUFhLFVBQVUsS0FBSyxDQUFDO0FBQzFFLElBQU0sb0JBQW9CO0FBQUEsRUFDeEIsTUFBTTtBQUFBLEVBQ04sTUFBTSxFQUFFLFVBQVUsR0FBZ0I7QUFDaEMsY0FBVSxFQUFFLFFBQVEsT0FBTyxHQUFHLENBQUMsRUFBRSxNQUFNLFNBQVMsT0FBTztBQUFBLE1BQ3JELE1BQU0sY0FBYyxLQUFLLFFBQVEsSUFBSSxPQUFPO0FBQUEsTUFDNUMsVUFBVTtBQUFBLElBQ1osRUFBRTtBQUFBLEVBQ0o7QUFDRjtBQUdBLElBQU0sU0FBUztBQUFBLEVBQ2IsTUFBTTtBQUFBLEVBQ04sTUFBTSxFQUFFLFVBQVUsR0FBZ0I7QUFDaEMsY0FBVSxFQUFFLFFBQVEsd0JBQXdCLEdBQUcsT0FBTyxFQUFFLE1BQU0sZ0JBQWdCLFVBQVUsS0FBSyxFQUFFO0FBQUEsRUFDakc7QUFDRjtBQUVBLElBQU0sUUFBUTtBQUFBLEVBQ1osT0FBTztBQUFBLEVBQ1AsTUFBTTtBQUFBLEVBQ04sUUFBUTtBQUFBLEVBQ1IsWUFBWTtBQUFBLEVBQ1osUUFBUTtBQUFBLEVBQ1IsTUFBTTtBQUFBLEVBQ04sU0FBUztBQUNYO0FBR0EsSUFBTSxjQUFjLEVBQUUscUJBQXFCLDRCQUE0QixvQkFBb0IsMEJBQTBCO0FBR3JILElBQU0sVUFBVSxDQUFDLGtCQUFrQixlQUFlLGNBQWMsaUJBQWlCLFFBQVEsUUFBUTtBQUNqRyxJQUFNLE9BQU8sQ0FBQyxTQUFpQixjQUFjLElBQUksSUFBSSxNQUFNLDRCQUFlLENBQUM7QUFDcEUsSUFBTSxVQUFVLFlBQVksS0FBSyxlQUFlLENBQUM7QUFFakQsSUFBTSxXQUFXO0FBQUEsRUFDdEI7QUFBQSxFQUNBLE9BQU8sT0FBTyxLQUFLLEVBQUUsSUFBSSxJQUFJO0FBQUEsRUFDN0IsUUFBUSxJQUFJLENBQUMsU0FBUyxLQUFLLGdCQUFnQixJQUFJLEVBQUUsQ0FBQztBQUNwRDtBQUNBLElBQU0sY0FBYyxJQUFJLE9BQU8sS0FBSyxTQUFTLEtBQUssR0FBRyxDQUFDLE1BQU0sYUFBYSxNQUFNLEVBQUU7QUFDakYsSUFBTSxRQUFRLENBQUMsWUFBMEI7QUFDdkMsVUFBUSxjQUFjO0FBRXRCLFVBQVEsU0FBUyxFQUFFLEdBQUcsUUFBUSxRQUFRLDRCQUE0QixXQUFXO0FBQy9FO0FBRUEsSUFBTSxXQUFXLGVBQWUsT0FBTztBQUNoQyxJQUFNLFVBQVUsVUFBVSxDQUFDLEVBQUUsU0FBUyxNQUFNLFNBQVMsSUFBSSxRQUFRLENBQUM7QUFFekUsSUFBTSxTQUFTLGNBQWMsU0FBUyxLQUFLLE1BQU0sS0FBSyxDQUFDO0FBQ3ZELElBQU0sUUFBUSxVQUFVLENBQUMsRUFBRSxTQUFTLE1BQU0sQ0FBQyxHQUFJLFNBQVMsSUFBSSxRQUFRLEtBQUssQ0FBQyxHQUFJLEdBQUksT0FBTyxJQUFJLFFBQVEsS0FBSyxDQUFDLENBQUUsQ0FBQztBQUM5RyxJQUFNLFlBQVk7QUFBQSxFQUNoQixNQUFNO0FBQUEsRUFDTixNQUFNLEVBQUUsT0FBTyxHQUFnQjtBQUM3QixXQUFPLEVBQUUsUUFBUSx1QkFBdUIsR0FBRyxDQUFDLEVBQUUsS0FBSyxNQUFnQztBQUNqRixZQUFNLFdBQVcsTUFBTSxJQUFJLEtBQUssV0FBVyxNQUFNLEdBQUcsQ0FBQztBQUNyRCxhQUFPLGFBQWEsU0FBWSxTQUFZLEVBQUUsVUFBVSxRQUFRLEtBQUs7QUFBQSxJQUN2RSxDQUFDO0FBQUEsRUFDSDtBQUNGO0FBTUEsSUFBTSxVQUFxRCxZQUFZLElBQ25FO0FBQUEsRUFDRSxRQUFRO0FBQUEsRUFDUixlQUFlO0FBQUEsSUFDYixRQUFRO0FBQUEsSUFDUixVQUFVLEVBQUUsUUFBUSxHQUFHLGNBQWMsTUFBTTtBQUFBLElBQzNDLFFBQVEsRUFBRSxVQUFVLE1BQU0sc0JBQXNCLEtBQUs7QUFBQSxFQUN2RDtBQUNGLElBQ0EsQ0FBQztBQUVMLFNBQVMsY0FBdUI7QUFDOUIsTUFBSTtBQUNGLGtCQUFjLDRCQUFlLEVBQUUsUUFBUSxRQUFRO0FBQy9DLFdBQU87QUFBQSxFQUNULFFBQVE7QUFDTixZQUFRLEtBQUssa0ZBQWtGO0FBQy9GLFdBQU87QUFBQSxFQUNUO0FBQ0Y7QUFFQSxTQUFTLFVBQVVFLFVBQWlGO0FBQ2xHLFFBQU0sUUFBUSxvQkFBSSxJQUFvQjtBQUN0QyxhQUFXLFFBQVEsUUFBUSxPQUFPO0FBQ2hDLFVBQU0sUUFBUUEsU0FBUSxJQUFJO0FBQzFCLFFBQUksT0FBTyxPQUFRLE9BQU0sSUFBSSxLQUFLLFVBQVUsT0FBTyxLQUFLLE1BQU0sS0FBSyxDQUFDO0FBQUEsRUFDdEU7QUFDQSxTQUFPO0FBQ1Q7QUFFQSxJQUFPLHNCQUFRLGFBQWE7QUFBQSxFQUMxQjtBQUFBLElBQ0UsT0FBTyxFQUFFLEdBQUcsT0FBTyxHQUFHLGFBQWEsR0FBRyxXQUFXLFFBQVEsMEJBQTBCLEtBQUssa0JBQWtCO0FBQUEsSUFDMUcsUUFBUTtBQUFBLElBQ1IsUUFBUTtBQUFBLElBQ1IsVUFBVTtBQUFBO0FBQUEsSUFFVixXQUFXO0FBQUEsSUFDWCxLQUFLLEVBQUUsTUFBTTtBQUFBLElBQ2IsUUFBUTtBQUFBLElBQ1IsVUFBVSxDQUFDLFFBQVE7QUFBQSxJQUNuQixZQUFZLENBQUMsTUFBTTtBQUFBLElBQ25CLGdCQUFnQixDQUFDLHFCQUFxQixtQkFBbUIsUUFBUSxTQUFTO0FBQUEsSUFDMUUsZ0JBQWdCO0FBQUEsSUFDaEIsR0FBRztBQUFBLEVBQ0w7QUFBQSxFQUNBO0FBQUEsSUFDRSxPQUFPLEVBQUUsZUFBZSx5QkFBeUI7QUFBQSxJQUNqRCxRQUFRO0FBQUEsSUFDUixRQUFRO0FBQUEsSUFDUixVQUFVO0FBQUEsSUFDVixRQUFRO0FBQUEsSUFDUixZQUFZLENBQUMsSUFBSTtBQUFBLElBQ2pCLGVBQWUsU0FBUztBQUV0QixjQUFRLGFBQWEsQ0FBQyxTQUFTO0FBQUEsSUFDakM7QUFBQSxFQUNGO0FBQUEsRUFDQTtBQUFBO0FBQUEsSUFFRSxPQUFPLEVBQUUsU0FBUyw4QkFBOEI7QUFBQSxJQUNoRCxRQUFRO0FBQUEsSUFDUixRQUFRO0FBQUEsSUFDUixVQUFVO0FBQUEsSUFDVixXQUFXO0FBQUEsSUFDWCxRQUFRO0FBQUEsSUFDUixnQkFBZ0IsQ0FBQyxTQUFTLEVBQUUsTUFBTSxLQUFLLHNCQUFzQixFQUFFLENBQUMsQ0FBQztBQUFBLEVBQ25FO0FBQUEsRUFDQTtBQUFBLElBQ0UsT0FBTyxFQUFFLEdBQUcsT0FBTyxHQUFHLGFBQWEsR0FBRyxVQUFVO0FBQUEsSUFDaEQsUUFBUTtBQUFBLElBQ1IsUUFBUTtBQUFBLElBQ1IsVUFBVTtBQUFBLElBQ1YsV0FBVztBQUFBLElBQ1gsUUFBUTtBQUFBLElBQ1IsY0FBYyxPQUFPLEVBQUUsSUFBSSxPQUFPO0FBQUEsSUFDbEMsVUFBVSxDQUFDLFFBQVE7QUFBQTtBQUFBLElBRW5CLFlBQVksQ0FBQyxhQUFhLFVBQVUsWUFBWTtBQUFBLElBQ2hELGdCQUFnQixDQUFDLHFCQUFxQixTQUFTO0FBQUEsSUFDL0MsZUFBZSxTQUFTO0FBQ3RCLFlBQU0sT0FBTztBQUViLGNBQVEsYUFBYSxDQUFDLFNBQVM7QUFBQSxJQUNqQztBQUFBLEVBQ0Y7QUFBQSxFQUNBO0FBQUEsSUFDRSxPQUFPLEVBQUUsYUFBYSwyQkFBMkI7QUFBQSxJQUNqRCxRQUFRO0FBQUEsSUFDUixZQUFZO0FBQUEsSUFDWixRQUFRO0FBQUEsSUFDUixVQUFVO0FBQUEsSUFDVixRQUFRO0FBQUEsSUFDUixRQUFRO0FBQUEsSUFDUixjQUFjLE9BQU8sRUFBRSxJQUFJLGFBQWE7QUFBQSxJQUN4QyxZQUFZLENBQUMsSUFBSTtBQUFBLElBQ2pCLGdCQUFnQixDQUFDLFNBQVMsRUFBRSxNQUFNLEtBQUsseUJBQXlCLEVBQUUsQ0FBQyxHQUFHLFNBQVM7QUFBQSxJQUMvRSxlQUFlLFNBQVM7QUFDdEIsWUFBTSxPQUFPO0FBQ2IsY0FBUSxhQUFhLENBQUMsV0FBVyxVQUFVLE1BQU07QUFDakQsY0FBUSxRQUFRLEVBQUUsaUJBQWlCLGNBQWMsSUFBSSxJQUFJLHlDQUF5Qyw0QkFBZSxDQUFDLEVBQUU7QUFBQSxJQUN0SDtBQUFBLEVBQ0Y7QUFBQSxFQUNBO0FBQUE7QUFBQSxJQUVFLE9BQU8sRUFBRSxjQUFjLDBDQUEwQztBQUFBLElBQ2pFLFFBQVE7QUFBQSxJQUNSLFFBQVE7QUFBQSxJQUNSLFVBQVU7QUFBQSxJQUNWLFFBQVE7QUFBQSxJQUNSLFFBQVE7QUFBQSxJQUNSLGNBQWMsT0FBTyxFQUFFLElBQUksTUFBTTtBQUFBLEVBQ25DO0FBQ0YsQ0FBQzsiLAogICJuYW1lcyI6IFsic291cmNlcyIsICJkZWNsYXJlZCIsICJlbnRyeSIsICJ0cyIsICJzb3VyY2VzIiwgInJlbmFtZWQiLCAidHMiLCAiaXNQcml2YXRlIiwgInRzIiwgInJvb3QiLCAidHMiLCAiZGlybmFtZSIsICJ0cyIsICJ0cyIsICJ0cyIsICJzb3VyY2VzIiwgImVudHJ5IiwgInRzIiwgImRpcm5hbWUiLCAiZWRpdHNPZiJdCn0K
