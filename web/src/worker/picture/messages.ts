// The wire between the engine worker and the picture worker: requests with ids, answered one after another.

import type { ErrorData } from "../../errors.js";

/** How a model wants pictures cut; image.Geometry in Go. */
export interface Geometry {
  /** Side of a tile, pixels. */
  tile: number;
  /** Most tiles, the global one not counted. */
  maxTiles: number;
}

/** A picture cut up. */
export interface Cut {
  /** Of the picture, upright, pixels. */
  width: number;
  height: number;
  /** Tile after tile, 8-bit RGB. */
  tiles: Uint8Array<ArrayBuffer>;
  /** From the file's bytes to the tiles. */
  seconds: number;
}

/** Engine worker → picture worker. An abort ends the request of its id, which still gets its answer. */
export type Ask = ({ id: number; url: string } & Geometry) | { id: number; abort: true };

/** Picture worker → engine worker. Without an id, the program is gone. */
export type Answer = { id: number; cut: Cut } | { id: number; error: ErrorData } | { fatal: ErrorData };
