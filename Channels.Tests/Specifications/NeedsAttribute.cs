namespace Channels.Tests.Specifications;

/// <summary>This test is about something that a layer may or may not promise; it exists for layers that do.</summary>
/// <param name="capabilities">What the layer must promise.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsAttribute(LayerCapabilities capabilities) : Attribute
{
    /// <summary>What the layer must promise.</summary>
    public LayerCapabilities Capabilities { get; } = capabilities;
}
