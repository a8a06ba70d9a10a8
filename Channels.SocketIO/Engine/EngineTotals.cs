namespace Channels.SocketIO;

/// <summary>What an engine has carried since it was made, and what is there now.</summary>
internal sealed record EngineTotals(
    long Opened, int Clients, int PollingClients, long PacketsIn, long BytesIn, long PacketsOut, long BytesOut, IReadOnlyDictionary<string, long> Closed);
