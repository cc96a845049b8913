package backend

import (
	"context"
	"sync/atomic"

	"github.com/longrun-ai/longrun/graph"
)

// A Port carries one value from the device that makes it to those that read it, through host memory. In a step the
// producer fills Slot and calls Publish once; a consumer may read Slot after Wait.
type Port struct {
	Value graph.Value

	slot []float32
	step atomic.Uint64 // one more than the last one published, so that step 0 is not there from the start
	wake chan struct{} // holds a token while a publication may not have been seen
}

func newPort(v graph.Value, elems, readers int) *Port {
	return &Port{Value: v, slot: make([]float32, elems), wake: make(chan struct{}, readers)}
}

// Slot is the memory: the value's rows, as many as the step has.
func (p *Port) Slot() []float32 { return p.slot }

// Publish says that Slot holds the value of step.
func (p *Port) Publish(step uint32) {
	p.step.Store(uint64(step) + 1)
	for range cap(p.wake) {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

// Wait returns when Slot holds the value of step, or with ctx's error.
func (p *Port) Wait(ctx context.Context, step uint32) error {
	for p.step.Load() != uint64(step)+1 {
		select {
		case <-p.wake:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
