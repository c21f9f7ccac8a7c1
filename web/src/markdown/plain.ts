// Text that is shown as it is, in pieces, because a browser lays out all of a paragraph anew whenever it grows.

/** Characters after which a piece ends with the line, and after which it ends anyway. */
const PIECE = 1024;
const PIECE_MAX = 4096;

/** Appends text to an element whose children are pieces of text. */
export function appendText(element: Element | DocumentFragment, text: string): void {
  for (let at = 0; at < text.length; ) {
    const piece = openPiece(element);
    const end = pieceEnd(text, at, piece.data.length);
    piece.appendData(text.slice(at, end));
    at = end;
  }
}

/** Returns the text of the last piece, or of a new one if that one is complete. */
function openPiece(element: Element | DocumentFragment): Text {
  const last = element.lastElementChild?.firstChild as Text | undefined;
  const complete = !last || last.data.length >= PIECE_MAX || (last.data.length >= PIECE && last.data.endsWith("\n"));
  return complete ? addPiece(element) : last;
}

/** Returns where the piece ends, of which there are length characters before at. It keeps pairs of surrogates whole. */
function pieceEnd(text: string, at: number, length: number): number {
  const line = text.indexOf("\n", at + Math.max(0, PIECE - length - 1)) + 1;
  const end = Math.min(line || text.length, at + PIECE_MAX - length);
  return /^[\udc00-\udfff]/.test(text.slice(end, end + 1)) ? end + 1 : end;
}

function addPiece(element: Element | DocumentFragment): Text {
  const piece = document.createElement("div");
  const text = document.createTextNode("");
  piece.className = "piece";
  piece.append(text);
  element.append(piece);
  return text;
}
