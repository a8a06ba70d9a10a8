using System.Net;

namespace Channels.Benchmarks;

/// <summary>A process that listens somewhere.</summary>
internal sealed record ServerProcess(IPEndPoint EndPoint, int Id);
