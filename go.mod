module github.com/outrider-web/outrider

go 1.26.0

require (
	github.com/andybalholm/brotli v1.2.8
	github.com/cogentcore/webgpu v0.23.0
	github.com/evanw/esbuild v0.28.2
	github.com/x448/float16 v0.8.4
	golang.org/x/image v0.47.0
)

require (
	github.com/dlclark/regexp2 v1.12.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
