package openai

import (
	"fmt"
	"strings"
)

func (r *Request) parseMessages(path string, v any) error {
	return array(path, v, func(path string, v any) error {
		var m Message
		err := object(path, v, fields{
			"role":         text(&m.Role),
			"content":      m.parseContent,
			"name":         accept, // templates have no place for it
			"refusal":      notYet,
			"tool_calls":   notYet,
			"tool_call_id": notYet,
			"audio":        notYet,
		})
		if err != nil {
			return err
		}
		switch m.Role {
		case "developer": // OpenAI's newer word
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

// parseContent takes a string or a list of text parts, which are joined.
func (m *Message) parseContent(path string, v any) error {
	if s, ok := v.(string); ok {
		m.Content = s
		return nil
	}
	var parts []string
	err := array(path, v, func(path string, v any) error {
		part, err := parsePart(path, v)
		parts = append(parts, part)
		return err
	})
	m.Content = strings.Join(parts, "")
	return err
}

func parsePart(path string, v any) (string, error) {
	var kind, content string
	err := object(path, v, fields{
		"type":        text(&kind),
		"text":        text(&content),
		"image_url":   accept, // refused below, by its kind
		"input_audio": accept,
		"file":        accept,
	})
	if err != nil {
		return "", err
	}
	if kind != "text" {
		return "", invalid(path+".type", fmt.Sprintf("%q is not supported yet, only text", kind))
	}
	return content, nil
}

func (r *Request) parseStreamOptions(path string, v any) error {
	return object(path, v, fields{"include_usage": boolean(&r.IncludeUsage), "include_obfuscation": accept})
}

// parseStop takes a string or a list of up to four.
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
	if err := object(path, v, fields{"type": text(&kind), "json_schema": accept}); err != nil {
		return err
	}
	if kind != "text" {
		return invalid(path+".type", fmt.Sprintf("%q is not supported yet, only text", kind))
	}
	return nil
}
