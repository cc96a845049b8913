package driver

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/longrun-ai/longrun"
	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/backend/backendtest"
)

func TestConformance(t *testing.T) {
	backendtest.Run(t, func() backend.Driver { return Driver{} })
}

// The demo model runs on the device, with the CPU serving what it declines, and says what it says on the CPU alone.
func TestDemoModel(t *testing.T) {
	path := os.Getenv("DEMO_MODEL")
	ctx := context.Background()
	m, err := longrun.Open(ctx, path, longrun.WithDrivers(Driver{}), longrun.WithContext(256))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if m.Info().Device != "plain:0" {
		t.Errorf("runs on %s", m.Info().Device)
	}
	s, err := m.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	req := m.Defaults()
	req.Sampling.Temperature = 0
	var text strings.Builder
	for c, err := range s.Chat(ctx, []longrun.Message{longrun.User("Hello")}, req) {
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString(c.Text)
	}
	if text.String() != "Hello! How can I help you?" {
		t.Errorf("says %q", text.String())
	}
}
