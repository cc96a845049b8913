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
	tiers := asm.Tiers()
	if testing.Short() {
		tiers = tiers[len(tiers)-1:]
	}
	for i, k := range tiers {
		threads := 2 + i%2 // any number of threads gives the same bits, which TestBits checks
		t.Run(fmt.Sprintf("%s/%d", k.Tier, threads), func(t *testing.T) {
			backendtest.Run(t, func() backend.Driver { return cpu.Driver{Threads: threads, Tier: k.Tier} })
		})
	}
}
