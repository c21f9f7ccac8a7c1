package openai

import (
	"fmt"
	"slices"
	"strings"
)

// parseMessages reads the list of messages.
func (r *Request) parseMessages(path string, v any) error {
	return array(path, v, func(path string, v any) error {
		var m Message
		err := object(path, v, fields{
			"role":         text(&m.Role),
			"content":      m.parseContent,
			"name":         ignored, // chat templates do not use it
			"refusal":      refused,
			"tool_calls":   refused,
			"tool_call_id": refused,
			"audio":        refused,
		})
		if err != nil {
			return err
		}
		switch m.Role {
		case "developer": // OpenAI's newer name
			m.Role = "system"
		case "system", "user", "assistant":
		case "tool", "function":
			return invalid(path+".role", "tools are not supported yet")
		default:
			return invalid(path+".role", fmt.Sprintf("is %q, not system, user or assistant", m.Role))
		}
		r.Messages = append(r.Messages, m)
		return nil
	})
}

// parseContent reads a string or a list of parts.
func (m *Message) parseContent(path string, v any) error {
	if s, ok := v.(string); ok {
		m.Parts = []Part{{Text: s}}
		return nil
	}
	return array(path, v, func(path string, v any) error {
		part, err := parsePart(path, v)
		m.Parts = append(m.Parts, part)
		return err
	})
}

func parsePart(path string, v any) (part Part, err error) {
	var kind string
	err = object(path, v, fields{
		"type":        text(&kind),
		"text":        text(&part.Text),
		"image_url":   part.parseImageURL,
		"input_audio": ignored, // refused below, by its kind
		"file":        ignored,
	})
	switch {
	case err != nil:
	case kind != "text" && kind != "image_url":
		err = invalid(path+".type", fmt.Sprintf("%q is not supported yet, only text and image_url", kind))
	case kind == "image_url" && part.Image == "":
		err = invalid(path+".image_url", "is missing")
	case (kind == "image_url") != (part.Image != ""):
		err = invalid(path+".image_url", "is in a part of type text; put it into a part of its own")
	}
	return part, err
}

// addresses are what a picture's address may begin with.
var addresses = []string{"data:", "blob:", "http://", "https://"}

// parseImageURL reads {url, detail}. Pictures are always encoded in full detail.
func (p *Part) parseImageURL(path string, v any) error {
	var detail string
	if err := object(path, v, fields{"url": text(&p.Image), "detail": text(&detail)}); err != nil {
		return err
	}
	begins := func(with string) bool { return strings.HasPrefix(p.Image, with) }
	switch {
	case !slices.ContainsFunc(addresses, begins):
		return invalid(path+".url",
			fmt.Sprintf("begins with %.10q; it must be a data:, blob:, http: or https: address", p.Image))
	case detail != "" && detail != "auto" && detail != "high":
		return invalid(path+".detail",
			fmt.Sprintf("is %q, but pictures are always encoded in full detail: leave it out", detail))
	}
	return nil
}

func (r *Request) parseStreamOptions(path string, v any) error {
	return object(path, v, fields{"include_usage": boolean(&r.IncludeUsage), "include_obfuscation": ignored})
}

// parseStop reads a string or a list of up to four.
func (r *Request) parseStop(path string, v any) error {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if len(list) > maxStops {
		return invalid(path, fmt.Sprintf("holds %d strings; at most %d are allowed", len(list), maxStops))
	}
	for _, item := range list {
		s, ok := item.(string)
		if !ok || s == "" {
			return invalid(path, "must be a string or a list of strings, none of them empty")
		}
		r.Stop = append(r.Stop, s)
	}
	return nil
}

func parseResponseFormat(path string, v any) error {
	var kind string
	if err := object(path, v, fields{"type": text(&kind), "json_schema": ignored}); err != nil {
		return err
	}
	if kind != "text" {
		return invalid(path+".type", fmt.Sprintf("%q is not supported yet, only text", kind))
	}
	return nil
}
