// Prints the named functions of the files given, with their lengths in lines, as JSON: functions, methods, accessors,
// constructors, and arrow functions that a variable, a field or a property names.
import { resolve } from "node:path";
import * as ts from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";

/** Returns the name under which a node is a function, or undefined if it is none. */
function nameOf(node, text) {
  const nameText = () => (node.name ? text.slice(node.name.pos, node.name.end).trim() : "default");
  switch (node.kind) {
    case ts.SyntaxKind.Constructor:
      return node.body && "constructor";
    case ts.SyntaxKind.FunctionDeclaration:
    case ts.SyntaxKind.MethodDeclaration:
    case ts.SyntaxKind.GetAccessor:
    case ts.SyntaxKind.SetAccessor:
      return node.body && nameText();
    case ts.SyntaxKind.VariableDeclaration:
    case ts.SyntaxKind.PropertyDeclaration:
    case ts.SyntaxKind.PropertyAssignment: {
      const kind = node.initializer?.kind;
      const isFunction = kind === ts.SyntaxKind.ArrowFunction || kind === ts.SyntaxKind.FunctionExpression;
      return isFunction ? nameText() : undefined;
    }
  }
}

/** Returns the number of lines that a node covers, without the comments before it. */
function linesOf(node, source) {
  return source.text.slice(ts.getTokenPosOfNode(node, source), node.end).split("\n").length;
}

const files = process.argv.slice(2);
const api = new API({ cwd: process.cwd() });
const snapshot = api.updateSnapshot({ openProject: resolve("tsconfig.json") });
const program = snapshot.getProjects()[0].program;
const functions = [];
for (const path of files) {
  const source = program.getSourceFile(resolve(path));
  if (!source) throw new Error(`${path} is not part of tsconfig.json`);
  const visit = (node) => {
    const name = nameOf(node, source.text);
    if (name) functions.push({ name: `${path}: ${name}`, lines: linesOf(node, source) });
    node.forEachChild(visit);
  };
  visit(source);
}
api.close();
console.log(JSON.stringify(functions));
