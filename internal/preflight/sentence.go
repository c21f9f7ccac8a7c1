package preflight

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Sentence returns the report as a sentence for the user: "This machine: 412 of 768 experts on the GPU, about 3 tok/s
// once warm, 55 GB to download (2 h at your speed), 61 GB of storage needed".
func (r Report) Sentence() string {
	if r.Verdict == DoesNotFit {
		var why []string
		for _, reason := range r.Reasons {
			why = append(why, reason.Message)
		}
		return "This model does not fit on this machine: " + strings.Join(why, "; ")
	}
	parts := []string{r.expertsPhrase()}
	if r.TokensPerSecond > 0 {
		parts = append(parts, r.speedPhrase()+" once warm")
	}
	if r.DownloadBytes > 0 {
		parts = append(parts, r.downloadPhrase(), Bytes(float64(r.StorageBytes))+" of storage needed")
	}
	return "This machine: " + strings.Join(parts, ", ")
}

func (r Report) expertsPhrase() string {
	switch {
	case r.NumExpertsOnGPU == r.NumExperts:
		return "the whole model on the GPU"
	case r.AtLeast:
		return fmt.Sprintf("at least %d of %d experts on the GPU", r.NumExpertsOnGPU, r.NumExperts)
	}
	return fmt.Sprintf("%d of %d experts on the GPU", r.NumExpertsOnGPU, r.NumExperts)
}

func (r Report) speedPhrase() string {
	about := "about "
	switch {
	case r.AtLeast && !r.ComputeUnknown:
		about = "at least "
	case r.ComputeUnknown && !r.AtLeast:
		about = "at most "
	}
	return about + Number(r.TokensPerSecond) + " tok/s"
}

func (r Report) downloadPhrase() string {
	s := Bytes(float64(r.DownloadBytes)) + " to download"
	if r.DownloadSeconds > 0 {
		s += " (" + Duration(r.DownloadSeconds) + " at your speed)"
	}
	return s
}

// Bytes formats a size with two digits or more: "55 GB", "1.4 GB", "640 MB".
func Bytes(n float64) string {
	for _, u := range []struct {
		name string
		size float64
	}{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		if n >= u.size {
			return Number(n/u.size) + " " + u.name
		}
	}
	return Number(n) + " B"
}

// Duration formats a time in the largest unit that suits it: "2 h", "35 min", "8 s".
func Duration(seconds float64) string {
	switch {
	case seconds >= 5400:
		return Number(seconds/3600) + " h"
	case seconds >= 90:
		return Number(seconds/60) + " min"
	}
	return Number(seconds) + " s"
}

// Number formats a number with the two digits that an estimate has, and more only before the point: "412", "3", "1.4",
// "0.035".
func Number(x float64) string {
	if x >= 10 || x == 0 {
		return strconv.FormatFloat(math.Round(x), 'f', -1, 64)
	}
	x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', 2, 64), 64)
	return strconv.FormatFloat(x, 'f', -1, 64)
}
