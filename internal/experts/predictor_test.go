package experts

import "testing"

func TestTransitionsPredictOnlyWhatTheyHaveSeenOften(t *testing.T) {
	p := NewTransitions(2, 4)
	for i := range 3 {
		if _, ok := p.Predict(1, 0); ok {
			t.Errorf("a prediction after %d observations", i)
		}
		p.Observe(1, 0, 2)
	}
	p.Observe(1, 0, 3)
	if e, ok := p.Predict(1, 0); !ok || e != 2 {
		t.Errorf("predicted %d, %v, want 2: it followed three times of four", e, ok)
	}
	for e := range 4 {
		p.Observe(1, 0, e)
	}
	p.Observe(1, 0, 1)
	if _, ok := p.Predict(1, 0); ok {
		t.Error("a prediction that is more often wrong than right")
	}
}
