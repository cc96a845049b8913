package longrun_test

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"
	"log"
	"math"

	"github.com/longrun-ai/longrun"
	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/tensor"
)

func Example() {
	ctx := context.Background()
	m, err := longrun.Open(ctx, "testdata/models/tiny-longctx-30m-q4_k_m.gguf", longrun.WithContext(512))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	s, err := m.NewSession()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	req := m.Defaults()
	req.Sampling.Temperature = 0 // always the likeliest token
	for c, err := range s.Chat(ctx, []longrun.Message{longrun.User("Hello")}, req) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(c.Text)
	}
	// Output: Hello! How can I help you?
}

//go:embed testdata/models/tiny-longctx-30m-q4_k_m.gguf
var embedded []byte

// A model can be part of the program.
func ExampleOpenReader() {
	ctx := context.Background()
	m, err := longrun.OpenReader(ctx, bytes.NewReader(embedded), int64(len(embedded)), longrun.WithContext(512))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	s, err := m.NewSession()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	req := m.Defaults()
	req.Sampling.Temperature = 0
	req.MaxTokens = 9
	for c, err := range s.Chat(ctx, []longrun.Message{longrun.User("Who are you?")}, req) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(c.Text)
	}
	// Output: I am a tiny test model that comes with
}

// The runtime computes more than language models: a graph of three ops on every device of this machine.
func ExampleDrivers() {
	g := graph.New(1)
	x := g.Input("x", 2, 3)
	w := g.Weight(matrix("w", 2, 3, 1, 0, 0, 0, 1, 1))
	g.Output(g.Scale(g.MatMul(g.RMSNorm(x, 0, graph.NormAttr{}), w), 10))

	for _, driver := range longrun.Drivers() {
		devices, err := driver.Open()
		if err != nil {
			continue // this machine has none of them
		}
		for _, d := range devices {
			place, err := backend.Place(g, []backend.Device{d})
			if err != nil {
				log.Fatal(err)
			}
			program, err := backend.Compile(g, place)
			if err != nil {
				log.Fatal(err)
			}
			out := make([]float32, 4)
			err = program.Run(context.Background(), &backend.Frame{
				Step: 1,
				In:   [][]float32{{1, 1, 1, 2, 2, -2}},
				Out:  [][]float32{out},
			})
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("%s: %.3f\n", d.Name(), out)
			if err := d.Close(); err != nil {
				log.Fatal(err)
			}
		}
	}
	// Output: cpu: [10.000 20.000 10.000 0.000]
}

// matrix returns a weight of F32.
func matrix(name string, rows, cols int, values ...float32) tensor.Tensor {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return tensor.Tensor{Name: name, Shape: tensor.Dims(rows, cols), Buf: tensor.Host(b)}
}
