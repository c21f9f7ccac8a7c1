module github.com/outrider-web/outrider

go 1.26

require github.com/cogentcore/webgpu v0.23.0

require (
	github.com/andybalholm/brotli v1.2.8 // indirect
	github.com/evanw/esbuild v0.28.2 // indirect
	github.com/x448/float16 v0.8.4 // indirect
)
