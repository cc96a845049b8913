package longrun

import (
	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/backend/cpu"
	"github.com/longrun-ai/longrun/model"
)

// The one place that names concrete architectures and drivers: adding one adds a line here.

func architectures() []model.Architecture {
	return []model.Architecture{
		model.Llama(),
		model.Qwen2(),
		model.Qwen3(),
		model.SmolLM3(),
		model.Granite(),
	}
}

// drivers are by preference, the CPU last: it runs what the others decline.
func drivers(o *options) []backend.Driver {
	return []backend.Driver{cpu.Driver{Threads: o.threads, Tier: o.tier}}
}
