module github.com/longrun-ai/longrun/testdata/kit

go 1.26
