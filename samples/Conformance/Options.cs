namespace Conformance;

/// <summary>The sample's own switches, spelled out as the configuration keys they stand for.</summary>
internal static class Options
{
    public static string[] Expand(string[] args)
    {
        var expanded = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--compression":
                    expanded.Add("--Channels:WebSocket:Compression=true");
                    break;
                case "--max-message-bytes" when i + 1 < args.Length:
                    var bytes = args[++i];
                    expanded.Add($"--Channels:WebSocket:MaxMessageBytes={bytes}");
                    expanded.Add($"--Channels:WebSocket:MaxFrameBytes={bytes}");
                    break;
                case "--ping-interval" or "--ping-timeout" or "--connect-timeout" or "--max-payload" or "--socketio-fixture" or "--socketio-parser" when i + 1 < args.Length:
                    expanded.Add($"--Conformance:{args[i][2..]}={args[++i]}");
                    break;
                default:
                    expanded.Add(args[i]);
                    break;
            }
        }

        return [.. expanded];
    }
}
