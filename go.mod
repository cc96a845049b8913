module github.com/longrun-ai/longrun

go 1.26.0

require github.com/x448/float16 v0.8.4

require (
	github.com/ardanlabs/jinja v1.5.0 // indirect
	github.com/dlclark/regexp2 v1.12.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
