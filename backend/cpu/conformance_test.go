package cpu_test

import (
	"fmt"
	"testing"

	"github.com/longrun-ai/longrun/asm"
	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/backend/backendtest"
	"github.com/longrun-ai/longrun/backend/cpu"
)

func TestConformance(t *testing.T) {
	for _, k := range asm.Tiers() {
		for _, threads := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s/%d", k.Tier, threads), func(t *testing.T) {
				backendtest.Run(t, func() backend.Driver { return cpu.Driver{Threads: threads, Tier: k.Tier} })
			})
		}
	}
}
