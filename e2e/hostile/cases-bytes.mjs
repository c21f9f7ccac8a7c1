// Cases of wrong bytes in answers that look right: published hashes find them. Without a published hash, what is not
// plausible is found; the outcome `unverified` says that the file counts as complete but not as verified.

import { FILE } from "./harness.mjs";
import { makeModel, sha256 } from "./model.mjs";
import { onChunk, onFirst, PAGE } from "./tricks.mjs";

/** Serves a changed copy of the requested bytes to the first request for a chunk. */
const corrupt = (change) => () =>
  onChunk(1, 1, ({ range }, response) => {
    const body = Buffer.from(FILE.subarray(range.first, range.last + 1));
    change(body);
    return response.serve({ body });
  });

const flip = (body) => {
  body[1_000_010] ^= 4;
};
const elsewhere = (body) => FILE.copy(body, 0, 5000, 5000 + body.length);
const page = (body) => body.set(PAGE.subarray(60), 8192);

const OTHER = makeModel(FILE.length, 2);

/** Serves another file from the second chunk on. */
const changes = () =>
  onFirst(
    Infinity,
    ({ chunk }) => chunk >= 1,
    (_, response) => response.serve({ bytes: OTHER }),
  );

/** The same, and no answer has a validator. */
const changesUnseen = (trial) => {
  trial.server.headers.ETag = undefined;
  return changes();
};

/** Answers the first request for a chunk with bytes of another place, without saying which bytes they are. */
const unplaced = () =>
  onChunk(1, 1, ({ range }, response) => {
    const body = FILE.subarray(5000, 5000 + range.last - range.first + 1);
    return response.serve({ body, headers: { "Content-Range": undefined } });
  });

const published = [
  { publish: "manifest", how: "hashes of chunks are published" },
  { publish: "hash", how: "the hash of the file is published" },
];

const found = (name, trick) => published.map(({ publish, how }) => ({ name: `${name}; ${how}`, publish, trick }));

const verified = (trial, _result, stored) => trial.expect(stored.verified, "the file does not count as verified");

/** Gives the hash with the load instead of the server. */
const integrity = { options: { integrity: sha256(FILE) } };

export const byteCases = [
  ...found("one flipped bit", corrupt(flip)),
  ...found("bytes of another place under the right header", corrupt(elsewhere)),
  ...found("bytes of another place without Content-Range", unplaced),
  ...found("a part of a web page inside the bytes", corrupt(page)),
  { name: "one flipped bit; the load gives the hash", ...integrity, trick: corrupt(flip) },
].map((row) => ({ ...row, check: verified }));

byteCases.push(
  {
    name: "the file changes under the same ETag; hashes of chunks are published",
    outcome: "integrity",
    publish: "manifest",
    trick: changes,
  },
  {
    name: "the file changes under the same ETag; the hash of the file is published",
    outcome: "integrity",
    publish: "hash",
    trick: changes,
  },
  ...published.map(({ publish, how }) => ({
    name: `the file changes, and no answer has a validator; ${how}`,
    outcome: "integrity",
    publish,
    trick: changesUnseen,
  })),
  {
    name: "the file changes, and no answer has a validator; nothing is published",
    outcome: "unverified",
    trick: changesUnseen,
  },
  { name: "one flipped bit in a weight; nothing is published", outcome: "unverified", trick: corrupt(flip) },
  {
    name: "bytes of another place; nothing is published",
    trick: corrupt((body) => FILE.copy(body, 0, 5001, 5001 + body.length)),
  },
  {
    name: "zeros in place of 1 MB; nothing is published",
    outcome: "unverified",
    trick: corrupt((body) => body.fill(0, 0, 1e6)),
  },
  { name: "0xff in place of 1 MB; nothing is published", trick: corrupt((body) => body.fill(255, 0, 1e6)) },
);
