namespace Channels.Generators;

/// <summary>One route with its stages.</summary>
/// <param name="Name">What clients send.</param>
/// <param name="Parallel">Whether it may overtake.</param>
/// <param name="TimeoutMs">Its deadline; 0 for the router's.</param>
/// <param name="Payload">The payload's full type; empty when no stage takes it.</param>
/// <param name="PayloadMayBeNull">Whether null fits.</param>
/// <param name="DataCheck">The stage, or null.</param>
/// <param name="AccessCheck">The stage, or null.</param>
/// <param name="Hydrate">The stage, or null.</param>
/// <param name="Handler">The method itself.</param>
/// <param name="Kind">What the method returns.</param>
/// <param name="Dehydrate">The stage, or null.</param>
internal sealed record RouteModel(
    string Name, bool Parallel, int TimeoutMs, string Payload, bool PayloadMayBeNull,
    StageModel? DataCheck, StageModel? AccessCheck, StageModel? Hydrate, StageModel Handler, ReplyKind Kind, StageModel? Dehydrate);
