namespace Conformance;

/// <summary>The sample's own switches, spelled out as the configuration keys they stand for.</summary>
internal static class Options
{
    public static string[] Expand(string[] args)
    {
        var expanded = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            var (name, value) = args[i].Split('=', 2) is [var key, var text] ? (key, text) : (args[i], null);
            switch (name)
            {
                case "--compression" when value is null:
                    expanded.Add("--Channels:WebSocket:Compression=true");
                    break;
                case "--max-message-bytes" when (value ?? Next()) is { } bytes:
                    expanded.Add($"--Channels:WebSocket:MaxMessageBytes={bytes}");
                    expanded.Add($"--Channels:WebSocket:MaxFrameBytes={bytes}");
                    break;
                case "--ping-interval" or "--ping-timeout" or "--connect-timeout" or "--upgrade-timeout" or "--max-payload" or "--socketio-fixture" or "--socketio-parser" when (value ?? Next()) is { } given:
                    expanded.Add($"--Conformance:{name[2..]}={given}");
                    break;
                default:
                    expanded.Add(args[i]);
                    break;
            }

            string? Next() => i + 1 < args.Length ? args[++i] : null;
        }

        return [.. expanded];
    }
}
