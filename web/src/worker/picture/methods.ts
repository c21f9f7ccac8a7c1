// The methods of the picture worker, which the engine worker calls with rpc.ts.

/** How a model's pictures are cut into tiles; mirrors image.Geometry in Go. */
export interface Geometry {
  /** Side of a tile, pixels. */
  tile: number;
  /** Maximum number of tiles, the global one not counted. */
  maxTiles: number;
}

/** A picture that is cut into tiles. */
export interface Cut {
  /** Of the picture, upright, pixels. */
  width: number;
  /** Of the picture, upright, pixels. */
  height: number;
  /** Tile after tile, 8-bit RGB. */
  tiles: Uint8Array<ArrayBuffer>;
  /** From the file's bytes to the tiles. */
  seconds: number;
}

/** The methods of the picture worker. */
export interface PictureMethods {
  /** Fetches the picture at a URL and cuts it. The tiles are transferred. */
  cut: { args: [url: string, geometry: Geometry]; result: Cut };
}
