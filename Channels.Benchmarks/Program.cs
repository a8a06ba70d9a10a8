using System.CommandLine;
using Channels.Benchmarks;

var line = new RootCommand("Measures Channels for .NET, its peers and the limit.") { RunCommand.Create(), DisruptionCommand.Create(), PeerCommand.Create(), MicroCommand.Create() }.Parse(args);
var exit = await line.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
return line.Errors.Count > 0 ? 2 : exit;
