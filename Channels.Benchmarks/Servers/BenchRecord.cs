namespace Channels.Benchmarks;

/// <summary>The JSON object of the JSON workloads, as SignalR and the ASP.NET Core peer bind it.</summary>
internal sealed record BenchRecord(string Text);
