namespace Channels.Layers.Redis;

/// <summary>
/// Lua with which a script in the server writes names as a serializer does: <c>text</c> gives one name, <c>list</c> a list of
/// what <c>text</c> gave.
/// </summary>
internal static class WireLua
{
    public const string Msgpack = """
        local function sized(count, fix, few, small, medium, large)
          if count < few then return string.char(fix + count) end
          if small and count < 256 then return string.char(small, count) end
          local low = string.char(math.floor(count / 256) % 256, count % 256)
          if count < 65536 then return string.char(medium) .. low end
          return string.char(large, math.floor(count / 16777216), math.floor(count / 65536) % 256) .. low
        end
        local function text(name) return sized(#name, 0xa0, 32, 0xd9, 0xda, 0xdb) .. name end
        local function list(texts) return sized(#texts, 0x90, 16, nil, 0xdc, 0xdd) .. table.concat(texts) end
        """;

    /// <summary>What is not ASCII stays as it is, which readers of JSON read alike.</summary>
    public const string Json = """
        local function text(name)
          return '"' .. string.gsub(name, '[%c"\\]', function(sign) return string.format('\\u%04x', string.byte(sign)) end) .. '"'
        end
        local function list(texts) return '[' .. table.concat(texts, ', ') .. ']' end
        """;
}
