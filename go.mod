module github.com/outrider-web/outrider

go 1.26

require github.com/cogentcore/webgpu v0.23.0
