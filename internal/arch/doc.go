// Package arch tests rules about the source of the whole repository: which package may import which, that cited
// sections of the specification exist, and that the steps in docs/architecture.md are symbols that exist. It has no
// code but tests.
package arch
